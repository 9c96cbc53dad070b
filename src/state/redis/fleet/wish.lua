-- What an operator (or an upstream's own answer) wants of an upstream that each node calls without asking the others.
-- KEYS: 1 wishes  hash upstream -> JSON { rev, pause?: { til?: ms of this server, reason }, force?: { state, til } }
-- ARGV: 1 JSON { u: upstream, n: node, op: pause | resume | force, for?: ms, reason?, state? }  2 channel
-- Returns the revision of the upstream's wishes. O(1).
local a = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local raw = redis.call('HGET', KEYS[1], a.u)
local wishes = raw and cjson.decode(raw) or { rev = 0 }
wishes.rev = wishes.rev + 1
if a.op == 'pause' then
  local held = wishes.pause
  local til = a['for'] and now + a['for'] or nil
  -- A shorter pause never shortens a longer one.
  if not (held and held.til == nil) and not (held and til and held.til > til) then
    wishes.pause = { til = til, reason = a.reason }
  end
elseif a.op == 'resume' then
  wishes.pause = nil
elseif a.state == 'reset' then
  wishes.force = nil
else
  wishes.force = { state = a.state, til = now + a['for'] }
end
redis.call('HSET', KEYS[1], a.u, cjson.encode(wishes))
a.rev = wishes.rev
redis.call('PUBLISH', ARGV[2], cjson.encode(a))
return wishes.rev
