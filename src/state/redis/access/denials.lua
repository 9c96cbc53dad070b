-- Denies clients and lifts denials, in order, and tells all nodes.
-- KEYS 1: zset client -> end in ms   2: hash client -> rule   3: hash of revisions
-- ARGV 1: JSON { o: list of { 1, client, for ms, rule } to deny or { 0, client } to lift, most: clients at once,
--   ch: channel, n: the node }
-- Returns JSON { v: revision, d: for each of o false when it changed nothing, else true or the rule whose
--   denial was lifted }.
-- Publishes JSON { v, n, o: list of { 1, client, ms left, rule } or { 0, client, rule } } of what changed.
-- O(k log n), k operations on n clients. A shorter denial never shortens a longer one; the denial that would end
-- first makes room.
local a = cjson.decode(ARGV[1])
local now = wall_ms()

local function drop(clients)
  if #clients == 0 then return end
  redis.call('ZREM', KEYS[1], unpack(clients))
  redis.call('HDEL', KEYS[2], unpack(clients))
end

drop(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 1000))

local told, done = {}, {}
for place, one in ipairs(a.o) do
  local client = one[2]
  local ends = tonumber(redis.call('ZSCORE', KEYS[1], client) or '0')
  done[place] = false
  if one[1] == 1 then
    if ends < now + one[3] then
      redis.call('ZADD', KEYS[1], string.format('%.3f', now + one[3]), client)
      redis.call('HSET', KEYS[2], client, one[4])
      told[#told + 1] = one
      done[place] = true
    end
  elseif ends > now then
    local rule = redis.call('HGET', KEYS[2], client) or ''
    told[#told + 1] = { 0, client, rule }
    drop({ client })
    done[place] = rule
  end
end

local surplus = redis.call('ZCARD', KEYS[1]) - a.most
while surplus > 0 do
  local first = redis.call('ZRANGE', KEYS[1], 0, math.min(surplus, 1000) - 1)
  drop(first)
  surplus = surplus - #first
end

local revision = tonumber(redis.call('HGET', KEYS[3], 'denied') or '0')
if #told > 0 then
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  if last[2] then
    local life = string.format('%d', math.ceil(tonumber(last[2]) - now) + 1000)
    redis.call('PEXPIRE', KEYS[1], life)
    redis.call('PEXPIRE', KEYS[2], life)
  end
  revision = redis.call('HINCRBY', KEYS[3], 'denied', 1)
  redis.call('PUBLISH', a.ch, cjson.encode({ v = revision, n = a.n, o = told }))
end
return cjson.encode({ v = revision, d = done })
