-- What one upstream's gate remembers, and how a script begins and ends.
--
-- KEYS, all of one hash tag (src/state/redis/keys.ts):
--   1 state    string  all scalars and small tables, packed; the fields are listed in `fresh`
--   2 queue    zset    rank -> `seq:cost:uid`, the sequence padded, so that ties go by arrival
--   3 tickets  hash    uid -> packed ticket
--   4 ids      hash    the client's ticket id -> uids, comma-separated: clients choose ids, twins happen
--   5 log      zset    cost sent up to and with this send -> `time|cost|grant`
--   6 grants   hash    uid -> packed grant that has not ended
--   7 unsent   zset    uid -> the latest moment at which it may be written
--   8 fair     hash    client -> where its last call ends in virtual time (`fair` only)
--   9 weights  hash    client -> weight (`fair` only)
--  10 declared hash    node -> the settings that it was started with, as JSON
--  11 held     hash    client -> how many of its tickets wait
-- While everybody is ranked anew (lua/next-order.lua):
--  12 next     zset    as `queue`, by the ranks to come
--  13 arrivals zset    arrival -> `seq:cost:uid|client` of those who have none yet (`fair` only)
--  14 next_fair hash   as `fair`, of the ranks to come
local K = {
  state = KEYS[1], queue = KEYS[2], tickets = KEYS[3], ids = KEYS[4], log = KEYS[5],
  grants = KEYS[6], unsent = KEYS[7], fair = KEYS[8], weights = KEYS[9], declared = KEYS[10],
  held = KEYS[11], next = KEYS[12], arrivals = KEYS[13], next_fair = KEYS[14],
}

-- What stands in these keys, and what it means. Scripts of another format must not touch it: raise this number with
-- every change that an older release would misread (docs/explanation/decisions/0028-a-number-for-the-state-s-form.md).
-- Whatever the format, `state` is a map in MessagePack that has it under `format`.
local FORMAT = 1

local NEVER = math.huge
-- A node that was told to ask and has not after so long is passed over until it is heard of again.
local LEASE_MS = 300
-- A node that is silent for so long after it counted as dead is forgotten, and so are the limits that it declared. One
-- that only has nothing to do is heard of three times in it (idle-beat.ts).
local IDLE_NODE_MS = 60000
-- After a change of server, at most so long for nodes that were here before and have not come back.
local MISSING_MS = 3000

local function fresh()
  return {
    format = FORMAT,
    -- Which server, and which beginning: `epoch` is what nodes must know to be let in.
    run = '', epoch = '', off = 0, last = 0, ver = 0, open_at = 0, missing = {}, missing_until = 0,
    -- Who waits. `order` is the ranking in force, `next` the one that is being made.
    seq = 0, enters = 0, size = 0, lanes = { 0, 0, 0, 0, 0, 0, 0, 0 }, rank_rev = 0,
    -- Limits: the cost of all sends, the newest of them, and the cost that is granted and not written.
    total = 0, newest = 0, newest_cost = 0, len = 0, unsent = 0,
    running = 0, took = {}, gen = 0, opened = 0, pauses = 0, cfg_rev = 0,
    -- Who is here; and who is not any more, with tickets that are still to be taken out.
    nodes = {}, gone = {}, watcher = '', watch_at = 0, cleared = { upto = 0, why = '', retry_at = 0 },
  }
end

-- A server that starts again has another run id; one that was replaced for a while, missed writes and became the
-- primary once more has the same, and another history.
local function server_id()
  local info = redis.call('INFO', 'server', 'replication')
  return string.match(info, 'run_id:(%x+)') .. ':' .. string.match(info, 'master_replid:(%x+)')
end

local function save(s)
  redis.call('SET', K.state, cmsgpack.pack(s))
end

-- Another server, or one that has lost its data: nothing goes before the nodes have said what they know. Time goes
-- on where it stood, so that sends on record only ever look younger than they are.
local function begin_epoch(s, id, a)
  if s.last > 0 then s.off = s.last - wall_ms() end
  s.last = wall_ms() + s.off
  s.blank = s.run == ''
  s.run = id
  s.epoch = string.format('%s:%.3f', string.sub(id, 1, 12), wall_ms())
  s.missing = {}
  for node in pairs(s.nodes) do s.missing[node] = true end
  s.open_at = s.last + a.hold
  s.missing_until = s.open_at + MISSING_MS
  s.watch_at = 0
  -- Whoever has nothing to ask just now has something to tell all the same.
  redis.call('PUBLISH', a.all, cjson.encode({ u = a.u, v = 0, e = s.epoch, look = true }))
end

-- A request that its node has given up, and that is done only after what the node asked next: what it says is not so
-- any more.
local function is_overtaken(a, known)
  return known ~= nil and (a.un or 0) < (known.un or 0)
end

-- The state as of now and the time; a third value names what the node must do before this script may act.
local function open(a)
  local raw = redis.call('GET', K.state)
  local s = raw and cmsgpack.unpack(raw) or fresh()
  if s.format ~= FORMAT then
    error({ err = string.format('STATEFORMAT %s %d', tostring(s.format or 0), FORMAT) })
  end
  local id = server_id()
  local lost = s.total > 0 and redis.call('EXISTS', K.log) == 0
  if s.run ~= id or lost then begin_epoch(s, id, a) end
  local now = wall_ms() + s.off
  -- A server clock that was set back stands still until the difference is made good by an offset.
  if now < s.last then
    s.off = s.off + (s.last - now)
    now = s.last
  end
  s.last = now
  s.ver = s.ver + 1
  local me = s.nodes[a.n]
  if a.e ~= s.epoch or me == nil or is_overtaken(a, me) then return s, now, 'rejoin' end
  return s, now, nil
end

-- This node is alive and has been heard of: whatever it was told to do is told anew by this script's answer.
local function hear(s, a, now)
  local me = s.nodes[a.n]
  if me == nil then
    me = { w = 0, g = 0 }
    s.nodes[a.n] = me
  end
  me.til = now + a.ttl
  me.slow = nil
  me.ask = nil
  me.old = a.o and (now - a.o) or nil
  me.un = math.max(a.un or 0, me.un or 0)
  return me
end

-- When the first grant may be made, as far as a change of server goes.
local function held_until(s, now)
  if now >= s.open_at and (now >= s.missing_until or next(s.missing) == nil) then return now end
  if next(s.missing) == nil then return s.open_at end
  return s.missing_until
end

local function full(number)
  return string.format('%.17g', number)
end

-- A ticket in the zsets.
local function member_of(t)
  return string.format('%014d:%d:%s', t.seq, t.cost, t.uid)
end

-- Cost, uid and node of a member; a uid is `node:number`.
local function member_parts(member)
  local cost, node, number = string.match(member, '^%d+:(%d+):([^:]+):(%d+)$')
  return tonumber(cost), node .. ':' .. number, node
end

local function tell(a, node, message)
  redis.call('PUBLISH', a.ch .. node, cjson.encode(message))
end
