-- The call that one node makes for all.
-- KEYS 1: hash { s: flying | kept | unkept, t: token of who makes it, i: its ticket, u: its urgency, w: whether anybody
--   waits }; it ends with its lease, and once it has landed tells so for a while
-- ARGV 1: board   2: token   3: lease in ms   4: ticket   5: urgency   6: `insist` to disregard what has landed
--      1: look
--      1: renew   2: token   3: lease in ms
--      1: end     2: token   3: kept | unkept | failed | abandoned   4: for how many ms it is told   5: channel   6: what is said
-- Returns for board and look { lead } (board), { lost } (look), { follow, ticket, urgency, ms of lease left },
--   { kept } or { alone }; for renew and end { 1 } or { 0 }: the flight is another one's.
-- O(1). `end` publishes when anybody waits.
local op, token = ARGV[1], ARGV[2]
local state, holder, ticket, urgency = unpack(redis.call('HMGET', KEYS[1], 's', 't', 'i', 'u'))

if op == 'renew' then
  if state ~= 'flying' or holder ~= token then return { '0' } end
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  return { '1' }
end

if op == 'end' then
  if state ~= 'flying' or holder ~= token then return { '0' } end
  local awaited = redis.call('HEXISTS', KEYS[1], 'w') == 1
  redis.call('DEL', KEYS[1])
  if ARGV[3] == 'kept' or ARGV[3] == 'unkept' then
    redis.call('HSET', KEYS[1], 's', ARGV[3])
    redis.call('PEXPIRE', KEYS[1], ARGV[4])
  end
  if awaited then redis.call('PUBLISH', ARGV[5], ARGV[6]) end
  return { '1' }
end

if state == 'flying' then
  if op == 'board' then redis.call('HSET', KEYS[1], 'w', '1') end
  return { 'follow', ticket, urgency, tostring(redis.call('PTTL', KEYS[1])) }
end
if op == 'look' then return { state == 'kept' and 'kept' or state == 'unkept' and 'alone' or 'lost' } end
if state == 'unkept' then return { 'alone' } end
if state == 'kept' and ARGV[6] ~= 'insist' then return { 'kept' } end
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 's', 'flying', 't', token, 'i', ARGV[4], 'u', ARGV[5])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return { 'lead' }
