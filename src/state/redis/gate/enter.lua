-- Tickets come, one or, in a flood, many at once. Each goes at once, waits, or is refused with how long it would wait.
-- ARGV 1: JSON { header, ts: [{ uid, id, c, u, age, cost, left (ms to its deadline), seq?, rank?, rr?, arr?, sv?,
--   again: true to come back to a place it had, or with a grant of it that was not used }], needs: true when grants need connections }
-- Returns JSON: the common answer, `granted`, and `res`, one for each ticket: { refused: code, wait?, reason? } or
--   { waiting, seq, rank, rr, arr, my }; a ticket that goes at once stands in `granted` as well.
-- O(k log n + 64 log m), k tickets, n waiting, m sends on record.
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}

-- How many tickets only wait for a connection: they take no place in the queue.
local function awaiting_lines()
  if not a.needs or paused_until(s, now) or held_until(s, now) > now or br_outlook(s, now) ~= 'go' then return 0 end
  local count = math.min(burst_within(s, now, 0, 1000), places(s))
  return count < NEVER and math.max(0, count) or 0
end

local function wait_of(t)
  return wait_behind(s, now, redis.call('ZRANK', K.queue, member_of(t)), t.cost)
end

-- Why a ticket that has its place may not keep it; nil when it may.
local function in_vain(t, left)
  local before, wait = s.size - 1, wait_of(t)
  if before >= s.cfg.max_size and before >= s.cfg.max_size + awaiting_lines() then
    return { refused = 'queue_full', wait = wait }
  end
  if wait and wait > left then
    local paused = paused_until(s, now)
    if paused and paused - now > left then
      return { refused = 'upstream_paused', wait = wait, reason = s.pause.reason }
    end
    return { refused = 'deadline_unmeetable', wait = wait }
  end
  if wait == nil and slot_at(s, now, 0, t.cost) == NEVER then
    return { refused = 'deadline_unmeetable', impossible = true }
  end
  return nil
end

local function place_of(t)
  return { waiting = true, seq = full(t.seq), rank = full(t.rank), rr = t.rr, arr = full(t.a), my = t.no }
end

-- What is known of a ticket that comes already: it came before and the answer was lost, or it brings back a grant that
-- came too late to be used.
local function known_here(t)
  local raw = redis.call('HGET', K.tickets, t.uid)
  if raw then return place_of(cmsgpack.unpack(raw)) end
  local grant = grant_of(t.uid)
  if grant == nil then return nil end
  if not t.again then
    out.granted = out.granted or {}
    out.granted[#out.granted + 1] = { t.uid, now - grant.at }
    return { waiting = false }
  end
  grant_drop(s, t.uid, grant, now)
  return nil
end

local function enter(t)
  local known = known_here(t)
  if known then return known end
  local left, again = t.left, t.again
  t.n, t.at = a.n, now
  t.a = t.arr and tonumber(t.arr) or now - t.age
  if t.seq then t.seq, t.rank = tonumber(t.seq), tonumber(t.rank) end
  t.left, t.age, t.arr, t.waited, t.again, t.out = nil, nil, nil, nil, nil, nil
  local outlook, until_at = br_outlook(s, now)
  if outlook == 'refused' then return { refused = 'circuit_open', wait = until_at - now } end
  if paused_until(s, now) == NEVER and not again then
    return { refused = 'upstream_paused', reason = s.pause.reason }
  end
  queue_add(s, t)
  local refusal = nil
  if left < 0 then
    refusal = { refused = 'deadline_unmeetable', wait = wait_of(t), late = true }
  else
    walk(s, a, now, out)
    if not again and redis.call('HEXISTS', K.tickets, t.uid) == 1 then refusal = in_vain(t, left) end
  end
  if refusal then
    queue_take(s, t.uid, false)
    return refusal
  end
  local place = place_of(t)
  place.waiting = redis.call('HEXISTS', K.tickets, t.uid) == 1
  return place
end

-- Whoever comes again waits there, and so has written nothing.
local fates = {}
for _, t in ipairs(a.ts) do
  if t.again then lift(s, t.uid, t.cost, fates) end
end
resolve(s, fates)
out.res = {}
for index, t in ipairs(a.ts) do out.res[index] = enter(t) end
settle(s, a, now, out)
return answer(s, a, now, out)
