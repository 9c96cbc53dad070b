-- Whose turn it is. A node claims for its own tickets; this decides which of them go now, and who asks next.

-- So many of the queue's head are looked at in one script.
local HEAD = 64
-- A claim in vain is not repeated sooner.
local LEAST_WAIT_MS = 20

local PAGE = 8
-- Of so many tickets beyond the horizon a node is told when they go: a window that opens lets many go at once, and
-- whoever has no connection by then is passed over.
local MOST_ETAS = 16

-- The queue's head, member by member, read page by page: mostly the first decides. The queue must not change but by
-- taking out members that were passed.
local function head()
  local page, index, read, taken = {}, 0, 0, 0
  local next_member = function()
    if index == #page then
      if read >= HEAD or (read > 0 and #page < PAGE) then return nil end
      page = redis.call('ZRANGE', K.queue, read - taken, read - taken + PAGE - 1)
      read, index = read + PAGE, 0
    end
    index = index + 1
    return page[index]
  end
  return next_member, function() taken = taken + 1 end
end

-- How many more calls may be in flight.
local function places(s)
  local most = (s.cfg.concurrency or NEVER) - s.running
  if s.br and s.br.k == 'half_open' then
    most = math.min(most, s.cfg.breaker.probes - #s.br.run - s.br.passed)
  end
  return most
end

local function make_grant(s, a, now, t)
  local grant = { n = a.n, cost = t.cost, at = now, til = now + a.f, permit = br_pass(s, now, t.uid) }
  grant_store(t.uid, grant)
  reserve(s, t.uid, t.cost, grant.til)
  s.running = s.running + 1
  s.nodes[a.n].g = s.nodes[a.n].g + 1
  -- Whoever had no connection for the slot that is gone now may have one for the next.
  for _, node in pairs(s.nodes) do node.deaf = nil end
end

-- Takes a ticket out that the limits never allow; its caller is told.
local function refuse_impossible(s, a, uid, node, out)
  queue_take(s, uid, false)
  if node == a.n then out.never = out.never or {} out.never[#out.never + 1] = uid
  else tell(a, node, { u = a.u, v = s.ver, e = s.epoch, gone = { uid }, why = 'never' }) end
end

-- Grants this node's tickets, best first, as long as everybody before them could go as well. `out.granted` gets
-- { uid, since when it waited, rank, seq } each. O(HEAD log n).
local function walk(s, a, now, out)
  if s.size == 0 then return end
  out.walked = true
  local me = s.nodes[a.n]
  me.deaf = nil
  if paused_until(s, now) or held_until(s, now) > now then return end
  -- Those that were granted before in this script have their connections.
  local lines = a.l and a.l - (out.granted and #out.granted or 0) or HEAD
  local ahead, ahead_cost, spaced, most = 0, 0, spacing_of(s) ~= nil, most_cost(s)
  local next_member, note_taken = head()
  for member in next_member do
    local cost, uid, node = member_parts(member)
    local facts = s.nodes[node]
    if cost > most then
      refuse_impossible(s, a, uid, node, out)
      note_taken()
    elseif ahead + 1 > places(s) or br_outlook(s, now) ~= 'go' then
      break
    elseif node == a.n then
      if (ahead > 0 and spaced) or ready_at(s, now, ahead_cost + cost) > now then break end
      if lines > 0 then
        local t = queue_take(s, uid, true)
        note_taken()
        make_grant(s, a, now, t)
        out.granted = out.granted or {}
        out.granted[#out.granted + 1] = { uid, now - t.at, full(t.rank), full(t.seq) }
        lines = lines - 1
      else
        me.deaf = true
      end
    elseif facts and not facts.deaf and not facts.slow then
      if facts.ask and facts.ask < now - LEASE_MS then
        facts.slow = true
      else
        ahead, ahead_cost = ahead + 1, ahead_cost + cost
        if ready_at(s, now, ahead_cost + 1) > now then break end
      end
    end
  end
end

-- When the best ticket could go: now or before, a time, or infinity until an end, a write or an operator says so.
local function chance_at(s, now, cost)
  local outlook, until_at = br_outlook(s, now)
  if outlook == 'wait' then return until_at end
  local from = math.max(held_until(s, now), paused_until(s, now) or now)
  if from == NEVER or places(s) < 1 then return NEVER end
  local ready = ready_at(s, from, cost)
  -- Who holds the unsent grant confirms it at once, or is gone.
  if ready == NEVER then return unsent_until() + LEASE_MS end
  return ready
end

local function call_upon(s, a, now, node, at)
  local facts = s.nodes[node]
  if facts.ask and facts.ask > now - LEASE_MS and math.abs(facts.ask - at) < 1 then return end
  facts.ask = at
  tell(a, node, { u = a.u, v = s.ver, e = s.epoch, ask = at - now })
end

-- Lines to have ready: how many of this node's tickets go within the horizon, and when the next few do.
local function plan_lines(s, a, now, out)
  local outlook = br_outlook(s, now)
  local from = math.max(held_until(s, now), paused_until(s, now) or now)
  if outlook == 'wait' or from == NEVER or ready_at(s, from, 1) == NEVER then return end
  local soon = burst_within(s, from, math.max(0, now + a.h - from), HEAD)
  if from > now + a.h then soon = 0 end
  if soon > 0 then soon = math.max(1, math.min(soon, places(s))) end
  local want, etas, mine = 0, {}, ':' .. a.n .. ':'
  for place, member in ipairs(redis.call('ZRANGE', K.queue, 0, HEAD - 1)) do
    -- Cheaper than to take it apart; a cost that reads like a node would only have a connection made for nothing.
    if string.find(member, mine, 15, true) then
      if place <= soon then want = want + 1
      elseif #etas < MOST_ETAS then etas[#etas + 1] = slot_at(s, from, place - 1, 1) - now
      else break end
    end
  end
  out.want = want
  if #etas > 0 then out.etas = etas end
end

-- One node asks a while after the slot, in case that whoever was called upon does not. It is told so in each of its
-- answers, because each sets its alarm anew.
local function watch(s, a, now, at, out)
  if s.watch_at + LEASE_MS < now or s.nodes[s.watcher] == nil then
    s.watcher, s.watch_at = a.n, at + LEASE_MS + 50
  elseif s.watcher == a.n then
    s.watch_at = math.max(s.watch_at, at + LEASE_MS + 50)
  end
  if s.watcher == a.n then out.ask = math.max(LEAST_WAIT_MS, s.watch_at - now) end
end

-- The end of every script: who asks next, and when. Of others only those are told who do not know it yet; of this
-- node's own asking the answer tells. One node at a time watches that whoever was called upon does ask.
local function settle(s, a, now, out)
  local outlook, until_at = br_outlook(s, now)
  if outlook == 'refused' and s.size > 0 then queue_clear(s, a, 'circuit', until_at) end
  if s.size == 0 then return end
  local me = s.nodes[a.n]
  local at, called, room, ahead_cost = nil, 0, 1, 0
  for member in head() do
    local cost, _, node = member_parts(member)
    local facts = s.nodes[node]
    if facts and not facts.deaf and not facts.slow then
      if at == nil then
        at = chance_at(s, now, cost)
        if at == NEVER then break end
        if at <= now then room = math.max(1, math.min(burst_within(s, now, 0, 8), places(s))) end
      -- Two who may not go beside each other would have each other ask in turn.
      elseif ready_at(s, now, ahead_cost + cost) > now then
        break
      end
      ahead_cost = ahead_cost + cost
      if node ~= a.n then call_upon(s, a, now, node, math.max(at, now))
      else
        -- Whoever has just claimed and may not go, for a reason that does not end by itself, does not ask at once again.
        local soonest = (out.walked and not out.granted) and now + LEAST_WAIT_MS or now
        me.ask = at > now and at or soonest
        out.ask = me.ask - now
      end
      called = called + 1
      if called >= room then break end
    end
  end
  if at and at < NEVER and me.w > 0 and not out.ask then watch(s, a, now, math.max(at, now), out) end
  if a.h and me.w > 0 then plan_lines(s, a, now, out) end
end

local function finite(number)
  if number == nil or number == NEVER then return nil end
  return number
end

-- The answer to a node: what the script found, and how the gate stands.
local function answer(s, a, now, out)
  out.walked = nil
  out.v, out.e, out.w, out.r, out.cfg = s.ver, s.epoch, s.size, s.running, s.cfg_rev
  out.mw, out.deaf = s.nodes[a.n].w, s.nodes[a.n].deaf
  out.nodes = 0
  for _ in pairs(s.nodes) do out.nodes = out.nodes + 1 end
  if s.cleared.upto > (a.cu or 0) then
    out.cu, out.why, out.retry = s.cleared.upto, s.cleared.why, math.max(0, s.cleared.retry_at - now)
  end
  if paused_until(s, now) then
    out.pause = { left = finite(s.pause.til - now), reason = s.pause.reason }
  end
  out.pauses, out.opened = s.pauses, s.opened
  if s.cfg.breaker then
    local br = br_advance(s, now)
    out.br = { k = br.k, f = br.f, why = br.why, as = br.as, passed = br.passed }
    if br.k == 'half_open' then out.br.running = #br.run end
    if br.at then out.br.age = now - br.at end
    if br.k == 'open' then out.br.left = br.at + s.cfg.breaker.openForMs - now end
    if br.til then out.br.left = br.til - now end
  end
  save(s)
  return cjson.encode(out)
end

-- A pause that the provider asked for and that could not be told at once comes with whatever is asked next.
local function take_pause(s, a, now)
  if a.z and pause_for(s, now, a.z['for'], a.z.reason) then
    redis.call('PUBLISH', a.all, cjson.encode({ u = a.u, v = s.ver, e = s.epoch, look = true }))
  end
end

-- What every script but `rejoin` begins with: the state, the time, or the answer that sends the node to rejoin.
local function begin(a)
  local s, now, must = open(a)
  if must then
    save(s)
    return s, now, cjson.encode({ rejoin = true, e = s.epoch })
  end
  hear(s, a, now)
  expire_unsent(s, now)
  bury(s, now)
  take_pause(s, a, now)
  return s, now, nil
end
