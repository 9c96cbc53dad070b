-- Every wish that holds, for a node that may have missed some.
-- KEYS: 1 wishes  as of wish.lua
-- Returns JSON { upstream: { of, rev, id, pause?: { left?: ms, reason }, force?: { state, left } } }. O(upstreams).
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local told, all = {}, redis.call('HGETALL', KEYS[1])
for index = 1, #all, 2 do
  local wishes = cjson.decode(all[index + 1])
  local one = { of = wishes.of, rev = wishes.rev, id = wishes.id }
  local pause, force = wishes.pause, wishes.force
  if pause and (pause.til == nil or pause.til > now) then
    one.pause = { left = pause.til and pause.til - now or nil, reason = pause.reason }
  end
  if force and force.til > now then one.force = { state = force.state, left = force.til - now } end
  told[all[index]] = one
end
return cjson.encode(told)
