#!lua flags=allow-oom
-- A grant is over.
-- ARGV 1: JSON { header, id: uid, cost, outcome: success | failure | ignore, back: true when surely nothing was written,
--   sent: true when `sent` was said before }
-- Returns JSON: the common answer, and `granted` where its place goes to a ticket of the same node.
-- O(log m + 64 log n).
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}
local raw = redis.call('HGET', K.grants, a.id)
if raw then
  local grant = cmsgpack.unpack(raw)
  if a.back then
    unreserve(s, a.id, grant.cost)
  elseif not grant.sent then
    unreserve(s, a.id, grant.cost)
    push(s, now, grant.cost, a.id)
  end
  redis.call('HDEL', K.grants, a.id)
  s.running = s.running - 1
  s.nodes[a.n].g = s.nodes[a.n].g - 1
  br_end(s, grant.permit, a.outcome, now)
  if not a.back then note_call(s, now - grant.at) end
elseif not a.back and not a.sent then
  push(s, now, a.cost, a.id)
end
walk(s, a, now, out)
settle(s, a, now, out)
return answer(s, a, now, out)
