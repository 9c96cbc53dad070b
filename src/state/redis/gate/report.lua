#!lua flags=allow-oom
-- What became of calls: being written, written, over, or wanted no more. One at a time while there are few, many at once in a flood.
-- ARGV 1: JSON { header,
--   begun: [uid of a grant whose write has begun and takes longer than its grant is good for],
--   sent: [{ id: uid of the grant, cost, w: ms from before its claim was sent to the write, by the node's clock }],
--   over: [{ id: uid, cost, outcome: success | failure | ignore, back: true when surely nothing was written,
--     sent: true when it was written }],
--   left: [uid of a ticket that nobody waits for any more: a cancel costs nothing] }
-- Returns JSON: the common answer, and `granted` where a place goes to a ticket of the same node.
-- O(k log m + k log n + 64 log n), k of them, m sends on record, n waiting.
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}

local fates, writes = {}, {}
local told = nil
local function write_at(at, cost, id)
  writes[#writes + 1] = { at = at, cost = cost, id = id }
end
-- That a call was written and that it is over are told one after the other, but may be heard the other way round: a
-- request whose script the server does not know yet is sent again. Then it stands on record already.
local function write_untold(cost, id)
  told = told or select(2, recent_sends())
  if told[id] then return end
  told[id] = now
  lift(s, id, cost, fates)
  write_at(now, cost, id)
end

for _, uid in ipairs(a.begun) do
  local grant = grant_of(uid)
  if grant and not grant.sent then begin_write(s, uid, grant, now, fates) end
end

for _, one in ipairs(a.sent) do
  local grant = grant_of(one.id)
  if grant == nil then
    -- Nothing is known of it here; that it was written is known there.
    write_untold(one.cost, one.id)
  elseif not grant.sent then
    -- A write was not later than this script, nor than the claim's own time plus `w`: the earlier of the two is still safe.
    local at = math.max(grant.at, math.min(now, grant.at + one.w))
    -- One that has expired stands in the log at its latest moment already, unless it was later still.
    if at > grant.til then
      lift(s, one.id, grant.cost, fates)
      write_at(at, grant.cost, one.id)
    elseif unreserve(s, one.id, grant.cost) then
      write_at(at, grant.cost, one.id)
    else
      fates[one.id] = 'written'
    end
    grant.sent = true
    grant_store(one.id, grant)
  end
end

for _, one in ipairs(a.over) do
  local grant = grant_of(one.id)
  if grant then
    if not grant.sent then
      lift(s, one.id, grant.cost, fates)
      if not one.back then write_at(now, grant.cost, one.id) end
    end
    redis.call('HDEL', K.grants, one.id)
    s.running = s.running - 1
    s.nodes[a.n].g = s.nodes[a.n].g - 1
    br_end(s, grant.permit, one.outcome, now)
    if not one.back then note_call(s, now - grant.at) end
  elseif one.back then
    lift(s, one.id, one.cost, fates)
  elseif not one.sent then
    write_untold(one.cost, one.id)
  end
end

resolve(s, fates)
-- In the order of the writes, so that none is put down as later than it was.
table.sort(writes, function(one, other) return one.at < other.at end)
for _, one in ipairs(writes) do push(s, one.at, one.cost, one.id) end

for _, uid in ipairs(a.left) do queue_take(s, uid, false) end
-- What was written frees nothing.
if #a.over + #a.left > 0 then walk(s, a, now, out) end
settle(s, a, now, out)
return answer(s, a, now, out)
