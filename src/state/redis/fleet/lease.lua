-- Which node may do what only one may do at a time.
-- KEYS: 1 lease  string: the node that holds it
-- ARGV: 1 node  2 ms to hold it for; 0 gives it back
-- Returns 1 where the node holds it now (or held it, and has given it back), else 0. O(1).
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
if ARGV[2] == '0' then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
