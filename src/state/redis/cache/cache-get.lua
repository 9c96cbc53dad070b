-- The stored answer of one cache key that fits a request.
-- KEYS 1: hash { names, b<values>: the answer, t<values>: `stored at` and `kept until` in ms }
-- ARGV 1: names of the headers that choose between its answers, as the caller supposes; comma-separated
--   2: the digest of the request's values of those, or ``   3: how many bytes of an answer are of use
-- Returns { now as text, names, stored at, answer }: without the answer when it is larger; without the last two when
--   another set of names holds or there is no such answer; `now` alone when nothing is stored.
-- O(1) and the size of the answer.
local now = string.format('%.3f', wall_ms())
local kept = redis.call('HMGET', KEYS[1], 'names', 't' .. ARGV[2], 'b' .. ARGV[2])
if not kept[1] then return { now } end
if kept[1] ~= ARGV[1] or not kept[2] then return { now, kept[1] } end
local stored = string.match(kept[2], '^%S+')
if #kept[3] > tonumber(ARGV[3]) then return { now, kept[1], stored } end
return { now, kept[1], stored, kept[3] }
