-- The only source of time of the scripts: this server's own. Tests put another function in this one's place.
-- Returns ms since the epoch, to the microsecond.
local function wall_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + time[2] / 1000
end
