-- A part of the deny list.
-- KEYS 1: zset client -> end in ms   2: hash client -> rule   3: hash of revisions
-- ARGV 1: cursor of ZSCAN, `0` at first   2: about how many
-- Returns JSON { c: next cursor, `0` at the end, v: revision, d: list of { client, ms left, rule } }.
-- O(page). Whoever is denied all the time while the pages are read is in one of them, maybe in several.
local now = wall_ms()
local page = redis.call('ZSCAN', KEYS[1], ARGV[1], 'COUNT', ARGV[2])
local denied = {}
for i = 1, #page[2], 2 do
  local client, left = page[2][i], tonumber(page[2][i + 1]) - now
  if left > 0 then
    denied[#denied + 1] = { client, left, redis.call('HGET', KEYS[2], client) or '' }
  end
end
local revision = tonumber(redis.call('HGET', KEYS[3], 'denied') or '0')
return cjson.encode({ c = page[1], v = revision, d = denied })
