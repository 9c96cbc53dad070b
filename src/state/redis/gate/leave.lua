#!lua flags=allow-oom
-- Tickets leave that nobody waits for any more: a cancel costs nothing.
-- ARGV 1: JSON { header, uids }
-- Returns JSON: the common answer, and `granted` where another ticket of the node is best now.
-- O(k log n).
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}
for _, uid in ipairs(a.uids) do queue_take(s, uid, false) end
walk(s, a, now, out)
settle(s, a, now, out)
return answer(s, a, now, out)
