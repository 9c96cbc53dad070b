-- Who waits, in order. A ticket is { uid, id, c = client, u = urgency, a = arrival, cost, n = node, seq, rank,
-- rr = revision of the ranking that gave the rank, sv = served before, at = when it came, no = number of its entrance }.
-- O(log n) each.

local function member_of(t)
  return string.format('%014d:%d:%s', t.seq, t.cost, t.uid)
end

-- Cost, uid and node of a member; a uid is `node:number`.
local function member_parts(member)
  local cost, node, number = string.match(member, '^%d+:(%d+):([^:]+):(%d+)$')
  return tonumber(cost), node .. ':' .. number, node
end

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

-- Gives a ticket its place: a new rank, unless it brings one of the ranking in force.
local function queue_add(s, t)
  if t.seq == nil then
    t.seq = s.seq
    s.seq = s.seq + 1
  end
  s.seq = math.max(s.seq, t.seq + 1)
  if t.rank == nil or t.rr ~= s.rank_rev then
    t.rank = rank_join(s, t)
    t.rr = s.rank_rev
    t.sv = false
  end
  s.enters = s.enters + 1
  t.no = s.enters
  store(t)
  ids_add(t)
  s.size = s.size + 1
  s.lanes[t.u + 1] = s.lanes[t.u + 1] + 1
  local node = s.nodes[t.n]
  if node then node.w = node.w + 1 end
end

local function refund(s, t)
  if not t.sv and t.rr == s.rank_rev then rank_cancelled(s, t) end
end

-- Takes a ticket out; nil when it does not wait. One that was not served gives back what was charged for it.
local function queue_take(s, uid, served)
  local raw = redis.call('HGET', K.tickets, uid)
  if not raw then return nil end
  local t = cmsgpack.unpack(raw)
  redis.call('ZREM', K.queue, member_of(t))
  redis.call('HDEL', K.tickets, uid)
  ids_remove(t)
  s.size = s.size - 1
  s.lanes[t.u + 1] = s.lanes[t.u + 1] - 1
  local node = s.nodes[t.n]
  if node then node.w = node.w - 1 end
  if served then
    t.sv = true
    rank_served(s, t.rank)
  else
    refund(s, t)
  end
  return t
end

-- Everybody out; each node tells its own, when it hears of it. O(n) under `fair`.
local function queue_clear(s, a, why, retry_at)
  if s.size == 0 then return end
  if s.cfg.policy == 'fair' then
    for _, raw in ipairs(redis.call('HVALS', K.tickets)) do refund(s, cmsgpack.unpack(raw)) end
  end
  redis.call('DEL', K.queue, K.tickets, K.ids)
  s.size = 0
  s.lanes = { 0, 0, 0, 0, 0, 0, 0, 0 }
  s.cleared = { upto = s.enters, why = why, retry_at = retry_at }
  for node, facts in pairs(s.nodes) do
    if facts.w > 0 and node ~= a.n then
      tell(a, node, { u = a.u, v = s.ver, e = s.epoch, look = true })
    end
    facts.w = 0
  end
end

-- Ends a grant that its node knows nothing of, or that has no node any more: its place is free.
local function grant_drop(s, uid, grant, now)
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

-- Nodes that have not been heard of for too long: their tickets and places go to others.
local function bury(s, now)
  for node, facts in pairs(s.nodes) do
    if now > facts.til and facts.w + facts.g > 0 then
      for _, uid in ipairs(facts.w > 0 and keys_of_node(K.tickets, node) or {}) do queue_take(s, uid, false) end
      for _, uid in ipairs(facts.g > 0 and keys_of_node(K.grants, node) or {}) do
        grant_drop(s, uid, cmsgpack.unpack(redis.call('HGET', K.grants, uid)), now)
      end
      s.nodes[node] = nil
      s.missing[node] = nil
    elseif now > facts.til + IDLE_NODE_MS then
      s.nodes[node] = nil
    end
  end
end
