-- How the gate stands, for whoever looks at it; it changes nothing that others see.
-- ARGV 1: JSON { header, page?: { offset, limit, u? }, find?: id, holders?: true, estimate?: { u, c }, settings?: true,
--   drift?: true }
-- Returns JSON: the common answer and { lanes, oldest?, slot, drain?, uses, … as asked for }.
-- O(log m) per limit; a page O(limit log n), of one urgency O(n log n).
local a = cjson.decode(ARGV[1])
local s, now, must = begin(a)
if must then return must end
local out = {}
settle(s, a, now, out)

local function shown(t, position)
  return {
    id = t.id, position = position, client = t.c, urgency = t.u, age = now - t.a,
    eta = wait_behind(s, now, position, t.cost),
  }
end

-- Tickets at some places of the queue, in order.
local function tickets_at(first, last)
  local uids = {}
  for _, member in ipairs(redis.call('ZRANGE', K.queue, first, last)) do
    local _, uid = member_parts(member)
    uids[#uids + 1] = uid
  end
  if #uids == 0 then return {} end
  local tickets = {}
  for index, raw in ipairs(redis.call('HMGET', K.tickets, unpack(uids))) do tickets[index] = cmsgpack.unpack(raw) end
  return tickets
end

local function lane(page)
  local found, pass_over = {}, page.offset
  for first = 0, s.size - 1, 500 do
    for index, t in ipairs(tickets_at(first, first + 499)) do
      if #found >= page.limit then return found end
      if t.u == page.u then
        if pass_over > 0 then pass_over = pass_over - 1
        else found[#found + 1] = shown(t, first + index - 1) end
      end
    end
  end
  return found
end

if a.page then
  if a.page.u then out.page = lane(a.page)
  else
    out.page = {}
    for first = a.page.offset, a.page.offset + a.page.limit - 1, 500 do
      local last = math.min(first + 499, a.page.offset + a.page.limit - 1)
      local some = tickets_at(first, last)
      for index, t in ipairs(some) do out.page[#out.page + 1] = shown(t, first + index - 1) end
      if #some == 0 then break end
    end
  end
end
if a.find then
  local t = ticket_by_id(a.find)
  if t then out.found = shown(t, redis.call('ZRANK', K.queue, member_of(t))) end
end
if a.holders then out.holders = queue_facts(s) end
if a.estimate then
  local rank = rank_peek(s.order, { c = a.estimate.c, u = a.estimate.u, a = now, cost = 1 })
  local position = redis.call('ZCOUNT', K.queue, '-inf', full(rank))
  out.estimate = { position = position, wait = wait_behind(s, now, position, 1) }
end
if a.settings then
  out.settings = s.cfg
  out.mine = redis.call('HGET', K.declared, a.n) or nil
  out.known = {}
  for node in pairs(s.nodes) do out.known[#out.known + 1] = node end
  out.weights = {}
  local weights = redis.call('HGETALL', K.weights)
  for index = 1, #weights, 2 do out.weights[weights[index]] = tonumber(weights[index + 1]) end
end
if a.drift then
  local declared = redis.call('HGETALL', K.declared)
  out.drift = {}
  for index = 1, #declared, 2 do out.drift[declared[index]] = declared[index + 1] end
end
out.lanes = s.lanes
local old = nil
for _, facts in pairs(s.nodes) do
  if facts.w > 0 and facts.old then old = math.min(old or facts.old, facts.old) end
end
if old then out.oldest = now - old end
local paused = math.max(held_until(s, now), paused_until(s, now) or now)
local slot = paused < NEVER and slot_at(s, paused, 0, 1) or NEVER
out.slot = finite(slot - now)
out.drain = s.size == 0 and 0 or wait_behind(s, now, s.size - 1, 1)
out.uses = {}
for index, limit in ipairs(s.cfg.limits) do
  out.uses[index] = younger_than(s, limit.w + limit.g, now) + s.unsent
end
if s.cfg.breaker then
  br_advance(s, now)
  out.rates = {}
  if s.failures then out.rates.failures = { window_counts(s.failures, now) } end
  if s.slow then out.rates.slow = { window_counts(s.slow, now) } end
end
return answer(s, a, now, out)
