-- A node asks for its own best tickets: at its turn, when a connection is ready, when it watches, and to be heard of.
-- ARGV 1: JSON { header, over?: uids whose deadline has come: they have this last chance }
-- Returns JSON: the common answer, `granted`, and `left`: how long a new last ticket would wait, when `over` is given.
-- O(64 log n).
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}
walk(s, a, now, out)
if a.over then
  for _, uid in ipairs(a.over) do queue_take(s, uid, false) end
  out.left = wait_behind(s, now, s.size, 1)
end
settle(s, a, now, out)
return answer(s, a, now, out)
