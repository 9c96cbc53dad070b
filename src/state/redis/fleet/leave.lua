-- A node is no more, and says so.
-- KEYS: as of beat.lua
-- ARGV: 1 node  2 seconds that are kept
-- Returns 1. O(keep).
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[1])
for slot = 0, tonumber(ARGV[2]) - 1 do redis.call('HDEL', KEYS[4], ARGV[1] .. ':' .. slot) end
return 1
