-- New settings for the whole fleet: whoever declared others before has these from now on.
-- ARGV 1: JSON { header, cfg (see lua/settings.lua), weights }
-- Returns JSON: the common answer and `granted`. O(n log n) where the order changes, n waiting.
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}
for _, node in ipairs(redis.call('HKEYS', K.declared)) do
  redis.call('HSET', K.declared, node, cjson.encode(a.cfg))
end
put_in_force(s, a.cfg, a.weights, now)
walk(s, a, now, out)
settle(s, a, now, out)
redis.call('PUBLISH', a.all, cjson.encode({ u = a.u, v = s.ver, e = s.epoch, look = true }))
return answer(s, a, now, out)
