-- A node says what it knows: at its start, after its connection broke, after the server changed or lost data, and when
-- the gate has taken it for dead. Before that nothing else it asks for is done.
-- ARGV 1: JSON { header, cfg, weights, declare: true when the settings are to be declared anew, bye: true to leave for good,
--   brief: true when the sends are only those that this server may not have heard of,
--   told?: how far back, ms, it tells all that it wrote, since: and of which numbers on,
--   paused?: { for?: ms, reason }: the pause that it knows of, known: [node], sends: [{ id, cost, age }], grants: [{ id, cost, age, sent, begun?, left? }],
--   tickets: [{ as for `enter`, and how long it has `waited` }], entering: uids whose place the node does not know yet,
--   unused: uids of tickets with whose grants nothing was written,
--   busy: true while other requests of it are under way, whose answers may hold grants }
-- Returns JSON: the common answer, `new` (whether this epoch was new to the node), `unsure` (whether it must come again),
--   `rejoin` (whether it must tell all), `gone`: uids that were taken out, and
--   `placed`: [[uid, seq, rank, rr, arr]] of tickets that were put in.
-- O((n + m) log m), n waiting tickets, m sends on record: it is rare.
local a = cjson.decode(ARGV[1])
local s, now = open(a)
local is_new = a.e ~= s.epoch
-- What it takes for known may have been lost with the server before, or with its own long silence: then it tells all.
if (a.brief and (is_new or s.nodes[a.n] == nil)) or is_overtaken(a, s.nodes[a.n] or s.gone[a.n]) then
  save(s)
  return cjson.encode({ rejoin = true, e = s.epoch })
end
local was_known = s.nodes[a.n] ~= nil and not is_new
local out = { new = is_new or nil }
-- Who is to be waited for is told by what data is left, and by the nodes: a server that lost everything knows nobody.
if is_new and now < s.open_at then
  for _, node in ipairs(a.known) do
    if s.nodes[node] == nil and node ~= a.n then s.missing[node] = true end
  end
end
s.missing[a.n] = nil
local me = hear(s, a, now)
take_back(s, a.n, me)
if a.bye then
  if s.cfg then
    expire_unsent(s, now)
    let_go(s, a.n, me)
    take_out(s, LARGE_PART)
    me.w, me.slow = 0, true
    undeclare(s, a.n)
    settle(s, a, now, out)
  end
  s.nodes[a.n] = me.g > 0 and me or nil
  redis.call('HDEL', K.declared, a.n)
  save(s)
  return cjson.encode({ e = s.epoch, bye = true })
end
if a.declare or s.cfg == nil or redis.call('HEXISTS', K.declared, a.n) == 0 then
  redis.call('HSET', K.declared, a.n, cjson.encode(a.cfg))
  put_in_force(s, a.cfg, a.weights, now)
  out.more = s.next and true or nil
end
expire_unsent(s, now)
bury(s, now)
take_pause(s, a, now)
-- A server that has lost its data has lost the pause that the provider asked for.
if is_new and a.paused then pause_for(s, now, a.paused['for'], a.paused.reason) end

-- The log anew, with what this node sent: by its ages, which are right on whatever clock this server has.
local function merge_sends()
  local own, entries = {}, {}
  for _, send in ipairs(a.sends) do own[send.id] = send end
  local held, before = redis.call('ZRANGE', K.log, 0, -1, 'WITHSCORES'), 0
  for index = 1, #held, 2 do
    local time, _, mark, id = string.match(held[index], '^([^|]+)|(%d+)|(%??)(.*)$')
    local total = tonumber(held[index + 1])
    -- Thinned out entries stand for those before them too.
    local cost = total - before
    before = total
    if own[id] == nil then entries[#entries + 1] = { tonumber(time), cost, mark .. id }
    else own[id].cost = math.max(own[id].cost, cost) end
  end
  for id, send in pairs(own) do
    entries[#entries + 1] = { now - send.age, send.cost, id }
    unreserve(s, id, send.cost)
  end
  table.sort(entries, function(one, other) return one[1] < other[1] end)
  redis.call('DEL', K.log)
  s.total, s.newest, s.newest_cost, s.len = 0, -NEVER, 0, 0
  for _, entry in ipairs(entries) do push(s, entry[1], entry[2], entry[3]) end
  if s.len == 0 then s.newest = 0 end
end

local merges = #a.sends > 0 and is_new
if merges then merge_sends() end
-- What was assumed of them stands there at their latest moments, or when their node was forgotten.
local fates, assumed = {}, recent_sends()
for _, send in ipairs(a.sends) do
  local assumed_at = assumed[send.id]
  if assumed_at then fates[send.id] = now - send.age > assumed_at and 'never' or 'written' end
end
resolve(s, fates)
for _, send in ipairs(a.sends) do
  local grant, at = grant_of(send.id), now - send.age
  local is_later = not assumed[send.id] and grant and not grant.sent and at > grant.til
  if not merges and (fates[send.id] == 'never' or unreserve(s, send.id, send.cost) or is_later) then
    push(s, at, send.cost, send.id)
  end
  if grant and not grant.sent then
    grant.sent = true
    grant_store(send.id, grant)
  end
end

-- Grants: those it has, and no others. One that it does not have never reached it: its ticket waits on. What was
-- granted before all that it tells may have been written: that it says nothing of it says nothing.
local has, lost, unused = {}, {}, {}
for _, grant in ipairs(a.grants) do has[grant.id] = grant end
if me.g > 0 then
  for _, uid in ipairs(keys_of_node(K.grants, a.n)) do
    local held = has[uid]
    if held then
      has[uid] = nil
      local grant = grant_of(uid)
      -- The telling of it was lost.
      if held.begun and not held.sent and not grant.sent and not grant.begun then
        begin_write(s, uid, grant, now, unused)
      end
    elseif a.busy then
      -- Its answer may be on its way there.
      out.unsure = true
    else
      local grant = grant_of(uid)
      local number = tonumber(string.match(uid, ':(%d+)$'))
      if number <= a.since or (a.told and now - grant.at > a.told) then grant.begun = true
      else unreserve(s, uid, grant.cost) end
      grant_drop(s, uid, grant, now)
      lost[uid] = true
    end
  end
end
for uid, grant in pairs(has) do
  local til = now + math.max(0, grant.left or 0)
  local anew = { n = a.n, cost = grant.cost, at = now - grant.age, til = til, sent = grant.sent }
  grant_store(uid, anew)
  if grant.begun and not grant.sent then
    begin_write(s, uid, anew, now, unused)
  elseif not grant.sent and is_new then
    unreserve(s, uid, grant.cost)
    reserve(s, uid, grant.cost, til)
  end
  s.running = s.running + 1
  me.g = me.g + 1
end

-- Tickets: those that wait at it, and no others; what an operator removed stays removed.
local waits = {}
for _, t in ipairs(a.tickets) do waits[t.uid] = t end
-- What is assumed of a grant that never reached them was not; unless it is on its way there.
for _, uid in ipairs(a.unused) do unused[uid] = 'never' end
for uid in pairs(assumed) do
  if waits[uid] and a.busy then out.unsure = true
  elseif waits[uid] then unused[uid] = 'never' end
end
resolve(s, unused)
-- Those whose answer is still on its way are not known there to have come.
local entering = {}
for _, uid in ipairs(a.entering) do entering[uid] = true end
if me.w > 0 then
  for _, uid in ipairs(keys_of_node(K.tickets, a.n)) do
    if waits[uid] then waits[uid] = nil
    elseif not entering[uid] then queue_take(s, uid, false) end
  end
end
for _, t in ipairs(a.tickets) do
  if waits[t.uid] and redis.call('HEXISTS', K.grants, t.uid) == 1 then
    -- Granted, and the answer is on its way, or lost: which of them, it says when it comes again.
    out.unsure = true
  elseif waits[t.uid] and was_known and not t.out and not lost[t.uid] then
    out.gone = out.gone or {}
    out.gone[#out.gone + 1] = t.uid
  elseif waits[t.uid] then
    t.n, t.at = a.n, now - t.waited
    t.a = (t.arr and not s.blank) and tonumber(t.arr) or now - t.age
    t.seq = t.seq and tonumber(t.seq)
    -- Turns of `fair` go on where they stood; other ranks are made of the arrival.
    if s.order.policy == 'fair' and t.rank then
      t.rank, t.rr = tonumber(t.rank), s.rank_rev
      redis.call('HSET', K.fair, t.c, full(math.max(tonumber(redis.call('HGET', K.fair, t.c) or 0), t.rank + share_of(t))))
      s.order.vt = math.max(s.order.vt, math.min(t.rank, a.vt or t.rank))
    else
      t.rank, t.rr = nil, nil
    end
    t.age, t.arr, t.left, t.waited, t.out = nil, nil, nil, nil, nil
    queue_add(s, t)
    out.placed = out.placed or {}
    out.placed[#out.placed + 1] = { t.uid, full(t.seq), full(t.rank), t.rr, full(t.a), t.no }
  end
end
walk(s, a, now, out)
settle(s, a, now, out)
return answer(s, a, now, out)
