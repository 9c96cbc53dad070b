-- What an operator (or an upstream's own answer) wants of an upstream that each node calls without asking the others.
-- KEYS: 1 wishes     hash upstream -> JSON { of: the first wish, rev, id: the last wish,
--                    pause?: { til?: ms of this server, reason }, force?: { state, til } }
--       2 revisions  hash subject -> how often it has changed
-- ARGV: 1 JSON { u: upstream, n: node, id: of the wish, op: pause | resume | force, for?: ms, reason?, state? }  2 channel
-- Returns the revision of the upstream's wishes. O(1).
-- Publishes what it was given, with `rev` and `of`. A wish that is told a second time changes nothing.
local a = cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local raw = redis.call('HGET', KEYS[1], a.u)
local wishes = raw and cjson.decode(raw) or { of = a.id, rev = 0 }
if wishes.id == a.id then return wishes.rev end
wishes.rev = wishes.rev + 1
wishes.id = a.id
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
redis.call('HINCRBY', KEYS[2], 'wishes', 1)
a.rev, a.of = wishes.rev, wishes.of
redis.call('PUBLISH', ARGV[2], cjson.encode(a))
return wishes.rev
