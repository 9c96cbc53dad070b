-- New settings for the whole fleet: whoever declared others before has these from now on.
-- ARGV 1: JSON { header, cfg (see lua/settings.lua), weights }; without `cfg` it goes on with the order that is being made
-- Returns JSON: the common answer, `granted`, and `more`: true while everybody is being ranked anew, who are 1,000 a
--   script. O(1,000 log n) where the order changes, n waiting.
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}
if a.cfg == nil then
  out.more = next_go_on(s, LARGE_PART) or nil
  walk(s, a, now, out)
  settle(s, a, now, out)
  return answer(s, a, now, out)
end
for _, node in ipairs(redis.call('HKEYS', K.declared)) do
  redis.call('HSET', K.declared, node, cjson.encode(a.cfg))
end
put_in_force(s, a.cfg, a.weights, now)
out.more = s.next and true or nil
walk(s, a, now, out)
settle(s, a, now, out)
redis.call('PUBLISH', a.all, cjson.encode({ u = a.u, v = s.ver, e = s.epoch, look = true }))
return answer(s, a, now, out)
