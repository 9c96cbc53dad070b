-- What an operator or the upstream's own answers ask for; it holds for the whole fleet.
-- ARGV 1: JSON { header, op, … }:
--   pause    for?: ms (absent: until resumed), reason   resume
--   force    state: open | closed | reset, for: ms
--   promote  id or uid, urgency                          remove  id or uid
--   clear
-- Returns JSON: the common answer, `granted`, and `done` (whether it changed anything; `clear` gives requests, clients).
-- O(log n).
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = { done = false }

local function sought()
  if a.uid then
    local raw = redis.call('HGET', K.tickets, a.uid)
    return raw and cmsgpack.unpack(raw) or nil
  end
  return ticket_by_id(a.id)
end

if a.op == 'pause' then
  out.done = pause_for(s, now, a['for'], a.reason)
elseif a.op == 'resume' then
  out.done = s.pause ~= nil
  s.pause = nil
elseif a.op == 'force' then
  br_force(s, a.state, now, a['for'] or 0)
  out.done = true
elseif a.op == 'promote' then
  local t = sought()
  if t then
    queue_promote(s, t, a.urgency)
    out.done = true
    if t.n ~= a.n then tell(a, t.n, { u = a.u, v = s.ver, e = s.epoch, urgency = t.u, uid = t.uid, rank = full(t.rank) })
    else out.uid, out.rank, out.rr = t.uid, full(t.rank), t.rr end
  end
elseif a.op == 'remove' then
  local t = sought()
  if t then
    queue_take(s, t.uid, false)
    out.done = true
    if t.n ~= a.n then tell(a, t.n, { u = a.u, v = s.ver, e = s.epoch, gone = { t.uid }, why = 'removed' })
    else out.gone = { t.uid } end
  end
elseif a.op == 'clear' then
  local held = queue_facts(s)
  out.requests, out.clients, out.done = held.requests, held.clients, true
  queue_clear(s, a, 'removed', 0)
end
walk(s, a, now, out)
settle(s, a, now, out)
if out.done and a.op ~= 'promote' and a.op ~= 'remove' then
  redis.call('PUBLISH', a.all, cjson.encode({ u = a.u, v = s.ver, e = s.epoch, look = true }))
end
return answer(s, a, now, out)
