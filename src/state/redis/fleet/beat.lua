-- A node lets itself be heard of, and forgets those that were not for too long.
-- KEYS: 1 nodes   zset node -> when it was last heard of (ms of this server)
--       2 facts   hash node -> what does not change while it runs
--       3 states  hash node -> `seq text`: how it stands
--       4 seconds hash node:seq % keep -> `seq second text`: what happened in one second
-- ARGV: 1 node  2 ms after which a node is gone  3 most nodes  4 seconds that are kept  5 seq  6 ms since the second ended
--       7 text of the second  8 text of the state  9 facts; '' where they are as before
-- Returns { taken (1 or 0: as many as may are there), nodes, 1 where the facts are not known }
-- O(log n), and O(keep) for each node that is gone.
local node, ttl, keep, seq = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

for _, gone in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', '(' .. now - ttl, 'BYSCORE', 'LIMIT', 0, 16)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
  redis.call('HDEL', KEYS[3], gone)
  for slot = 0, keep - 1 do redis.call('HDEL', KEYS[4], gone .. ':' .. slot) end
end
-- The server's clock was set back: nobody is to be alive until it has caught up.
for _, ahead in ipairs(redis.call('ZRANGE', KEYS[1], '(' .. now + ttl, '+inf', 'BYSCORE')) do
  redis.call('ZADD', KEYS[1], now, ahead)
end

local is_new = not redis.call('ZSCORE', KEYS[1], node)
local count = redis.call('ZCARD', KEYS[1])
if is_new and count >= tonumber(ARGV[3]) then return { 0, count, 0 } end
redis.call('ZADD', KEYS[1], now, node)
redis.call('HSET', KEYS[3], node, ARGV[5] .. ' ' .. ARGV[8])
local second = math.floor((now - tonumber(ARGV[6])) / 1000 + 0.5)
redis.call('HSET', KEYS[4], node .. ':' .. seq % keep, string.format('%d %d %s', seq, second, ARGV[7]))
if ARGV[9] ~= '' then redis.call('HSET', KEYS[2], node, ARGV[9]) end
-- What a fleet leaves behind that is no more.
for _, key in ipairs(KEYS) do redis.call('EXPIRE', key, 600) end
return { 1, is_new and count + 1 or count, redis.call('HEXISTS', KEYS[2], node) == 1 and 0 or 1 }
