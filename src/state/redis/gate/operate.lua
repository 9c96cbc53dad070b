-- What an operator or the upstream's own answers ask for; it holds for the whole fleet.
-- ARGV 1: JSON { header, op, … }:
--   pause    for?: ms (absent: until resumed), reason   resume
--   force    state: open | closed | reset, for: ms
--   promote  id or uid, urgency                          remove  id or uid
--   clear
-- Returns JSON: the common answer, `granted`, and `done` (whether it changed anything; `clear` gives requests, clients).
-- O(log n); `clear` O(n).
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
  local til = a['for'] and now + a['for'] or NEVER
  if til > math.max(now, paused_until(s, now) or 0) then
    s.pause = { til = til, reason = a.reason }
    s.pauses = s.pauses + 1
    out.done = true
  end
elseif a.op == 'resume' then
  out.done = s.pause ~= nil
  s.pause = nil
elseif a.op == 'force' then
  br_force(s, a.state, now, a['for'] or 0)
  out.done = true
elseif a.op == 'promote' then
  local t = sought()
  if t then
    redis.call('ZREM', K.queue, member_of(t))
    refund(s, t)
    s.lanes[t.u + 1] = s.lanes[t.u + 1] - 1
    s.lanes[a.urgency + 1] = s.lanes[a.urgency + 1] + 1
    t.u = a.urgency
    t.rank, t.rr, t.sv = rank_join(s, t), s.rank_rev, false
    store(t)
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
  local clients, count = {}, 0
  for _, raw in ipairs(redis.call('HVALS', K.tickets)) do
    local client = cmsgpack.unpack(raw).c
    if not clients[client] then clients[client] = true count = count + 1 end
  end
  out.requests, out.clients, out.done = s.size, count, true
  queue_clear(s, a, 'removed', 0)
end
walk(s, a, now, out)
settle(s, a, now, out)
if out.done and a.op ~= 'promote' and a.op ~= 'remove' then
  redis.call('PUBLISH', a.all, cjson.encode({ u = a.u, v = s.ver, e = s.epoch, look = true }))
end
return answer(s, a, now, out)
