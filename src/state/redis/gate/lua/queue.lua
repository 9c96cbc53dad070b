-- Who waits, in order. A ticket is { uid, id, c = client, u = urgency, a = arrival, cost, n = node, seq, rank,
-- rr = revision of the ranking that gave the rank, sv = served before, at = when it came, no = number of its entrance }.
-- One of an earlier ranking has been ranked anew since: its rank stands in the queue alone. O(log n) each.

local function ids_add(t)
  local held = redis.call('HGET', K.ids, t.id)
  redis.call('HSET', K.ids, t.id, held and (held .. ',' .. t.uid) or t.uid)
end

local function ids_remove(t)
  local kept = {}
  for uid in string.gmatch(redis.call('HGET', K.ids, t.id) or '', '[^,]+') do
    if uid ~= t.uid then kept[#kept + 1] = uid end
  end
  if #kept == 0 then redis.call('HDEL', K.ids, t.id) else redis.call('HSET', K.ids, t.id, table.concat(kept, ',')) end
end

-- The ticket that waits under a client's id, the one that came first of several; nil when none does.
local function ticket_by_id(id)
  local uid = string.match(redis.call('HGET', K.ids, id) or '', '^[^,]+')
  local raw = uid and redis.call('HGET', K.tickets, uid)
  return raw and cmsgpack.unpack(raw) or nil
end

local function store(t)
  redis.call('ZADD', K.queue, full(t.rank), member_of(t))
  redis.call('HSET', K.tickets, t.uid, cmsgpack.pack(t))
end

local function held_add(client, count)
  if redis.call('HINCRBY', K.held, client, count) <= 0 then redis.call('HDEL', K.held, client) end
end

local function rank_in(s, t)
  t.rank, t.rr, t.sv = rank_join(s.order, t), s.rank_rev, false
end

-- Gives a ticket its place: a new rank, unless it brings one of the ranking in force.
local function queue_add(s, t)
  if t.seq == nil then
    t.seq = s.seq
    s.seq = s.seq + 1
  end
  s.seq = math.max(s.seq, t.seq + 1)
  if t.rank == nil or t.rr ~= s.rank_rev then rank_in(s, t) end
  s.enters = s.enters + 1
  t.no = s.enters
  store(t)
  next_add(s, t)
  ids_add(t)
  held_add(t.c, 1)
  s.size = s.size + 1
  s.lanes[t.u + 1] = s.lanes[t.u + 1] + 1
  local node = s.nodes[t.n]
  if node then node.w = node.w + 1 end
end

-- As it stands in the queue now, and out of it. What was not served gives back what was charged for it.
local function unrank(s, t, served)
  local member = member_of(t)
  if t.rr ~= s.rank_rev then
    t.rank, t.rr, t.sv = tonumber(redis.call('ZSCORE', K.queue, member)), s.rank_rev, false
  end
  redis.call('ZREM', K.queue, member)
  next_remove(s, t, served)
  if served then rank_served(s.order, t.rank)
  elseif not t.sv then rank_cancelled(s.order, t) end
end

-- Takes a ticket out; nil when it does not wait.
local function queue_take(s, uid, served)
  local raw = redis.call('HGET', K.tickets, uid)
  if not raw then return nil end
  local t = cmsgpack.unpack(raw)
  unrank(s, t, served)
  redis.call('HDEL', K.tickets, uid)
  ids_remove(t)
  held_add(t.c, -1)
  s.size = s.size - 1
  s.lanes[t.u + 1] = s.lanes[t.u + 1] - 1
  local node = s.gone[t.n] or s.nodes[t.n]
  if node then node.w = node.w - 1 end
  if served then t.sv = true end
  return t
end

-- A new rank, by another urgency.
local function queue_promote(s, t, urgency)
  unrank(s, t, false)
  s.lanes[t.u + 1] = s.lanes[t.u + 1] - 1
  s.lanes[urgency + 1] = s.lanes[urgency + 1] + 1
  t.u = urgency
  rank_in(s, t)
  store(t)
  next_add(s, t)
end

local function queue_facts(s)
  return { requests = s.size, clients = redis.call('HLEN', K.held) }
end

-- Everybody out; each node tells its own, when it hears of it. O(1) here: what is freed, the server frees behind.
-- Under `fair` all clients stand equal afterwards: a client that has just been served is forgiven that one call, which
-- is less than what it would take to ask each ticket what was charged for it.
local function queue_clear(s, a, why, retry_at)
  if s.size == 0 then return end
  next_drop(s)
  redis.call('UNLINK', K.queue, K.tickets, K.ids, K.held, K.fair)
  s.size = 0
  s.lanes = { 0, 0, 0, 0, 0, 0, 0, 0 }
  s.cleared = { upto = s.enters, why = why, retry_at = retry_at }
  for node, facts in pairs(s.nodes) do
    if facts.w > 0 and node ~= a.n then
      tell(a, node, { u = a.u, v = s.ver, e = s.epoch, look = true })
    end
    facts.w = 0
  end
  for _, facts in pairs(s.gone) do facts.w = 0 end
end

local function grant_of(uid)
  local raw = redis.call('HGET', K.grants, uid)
  return raw and cmsgpack.unpack(raw) or nil
end

local function grant_store(uid, grant)
  redis.call('HSET', K.grants, uid, cmsgpack.pack(grant))
end

-- Its write takes longer than the grant is good for: it keeps others away until it is over. What was assumed of it is
-- taken off by way of `fates`.
local function begin_write(s, uid, grant, now, fates)
  grant.begun = true
  grant_store(uid, grant)
  lift(s, uid, grant.cost, fates)
  reserve(s, uid, grant.cost, now + LONGEST_WRITE_MS)
end

-- Ends a grant that its node knows nothing of, or that has no node any more: its place is free. What it had begun to
-- write may be on the wire.
local function grant_drop(s, uid, grant, now)
  if grant.begun and unreserve(s, uid, grant.cost) then assume(s, now, grant.cost, uid) end
  redis.call('HDEL', K.grants, uid)
  s.running = s.running - 1
  local node = s.nodes[grant.n]
  if node then node.g = node.g - 1 end
  br_end(s, grant.permit, 'ignore', now)
end

-- What one node has, of a hash whose keys begin with the node. O(n), for the rare case of a node that is gone.
local function keys_of_node(key, node)
  local own = {}
  for _, uid in ipairs(redis.call('HKEYS', key)) do
    if string.sub(uid, 1, #node + 1) == node .. ':' then own[#own + 1] = uid end
  end
  return own
end
