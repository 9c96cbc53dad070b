#!lua flags=allow-oom
-- A granted call is on the wire: the spacing counts from here.
-- ARGV 1: JSON { header, id: uid of the grant, cost, w: ms from before its claim was sent to the write, by the node's clock }
-- Returns JSON: the common answer.
-- The write was not later than this script, nor than the claim's own time plus `w`: the earlier of the two is still
-- safe. A grant that had expired and was written later all the same is counted twice: too much, never too little.
-- O(log m + 64 log n).
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local raw = redis.call('HGET', K.grants, a.id)
if raw then
  local grant = cmsgpack.unpack(raw)
  if not grant.sent then
    local at = math.max(grant.at, math.min(now, grant.at + a.w))
    -- One that has expired stands in the log at its latest moment already.
    if unreserve(s, a.id, grant.cost) or at > grant.til then push(s, at, grant.cost, a.id) end
    grant.sent = true
    redis.call('HSET', K.grants, a.id, cmsgpack.pack(grant))
  end
else
  -- Nothing is known of it here; that it was written is known there.
  push(s, now, a.cost, a.id)
end
local out = {}
settle(s, a, now, out)
return answer(s, a, now, out)
