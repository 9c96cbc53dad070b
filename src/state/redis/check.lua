-- Whether Redis takes what Comporta asks of it: every command that its scripts and it itself send, once, on a key of
-- their own. The first one needs memory and may write, so that a full Redis refuses before anything has changed.
-- KEYS 1: any type, as an earlier run that was refused has left it; nothing is left there by one that was not
-- ARGV 1: a channel that nobody listens to
-- Returns 1; rejects with what Redis refuses. O(1).
local key = KEYS[1]
local call = redis.call
call('SET', key, '1')
call('PEXPIRE', key, 60000)
call('PTTL', key)
call('GET', key)
call('EXISTS', key)
call('RENAME', key, key)
call('DEL', key)
call('HSET', key, 'a', '1')
call('EXPIRE', key, 60)
call('HSETNX', key, 'b', '1')
call('HINCRBY', key, 'b', 1)
call('HGET', key, 'a')
call('HMGET', key, 'a', 'b')
call('HGETALL', key)
call('HKEYS', key)
call('HVALS', key)
call('HLEN', key)
call('HEXISTS', key, 'a')
call('HSCAN', key, '0')
call('HDEL', key, 'a')
call('UNLINK', key)
call('ZADD', key, 1, 'a')
call('ZCARD', key)
call('ZCOUNT', key, '-inf', '+inf')
call('ZRANGE', key, 0, 0)
call('ZRANGEBYSCORE', key, '-inf', '+inf')
call('ZRANK', key, 'a')
call('ZSCORE', key, 'a')
call('ZSCAN', key, '0')
call('ZREM', key, 'a')
call('ZPOPMIN', key)
call('PUBLISH', ARGV[1], '')
call('TIME')
call('INFO', 'server')
return 1
