-- Queue policies (policies/queue/rank.ts and fair-shares.ts are the same in TypeScript; test/vectors/rank.json drives
-- both). A call is { c = client, u = urgency, a = arrival, cost = cost }.

local MAX_CLIENTS = 10000
local FIRST_SWEEP_AT = 64

local function share_of(call)
  return call.cost / tonumber(redis.call('HGET', K.weights, call.c) or 1)
end

-- The rank that a call would get; remembers nothing.
local function rank_peek(s, call)
  if s.cfg.policy == 'fifo' then return call.a end
  if s.cfg.policy == 'priority' then return call.a + call.u * s.cfg.aging end
  return math.max(s.vt, tonumber(redis.call('HGET', K.fair, call.c) or 0))
end

local function fair_forget_past(s)
  local all = redis.call('HGETALL', K.fair)
  local endings, gone = {}, {}
  for index = 1, #all, 2 do
    local ending = tonumber(all[index + 1])
    if ending <= s.vt then gone[#gone + 1] = all[index] else endings[#endings + 1] = ending end
  end
  for first = 1, #gone, 500 do
    redis.call('HDEL', K.fair, unpack(gone, first, math.min(first + 499, #gone)))
  end
  return endings
end

-- O(clients), and so often that each new client pays a constant for it.
local function fair_sweep(s, size)
  local endings = fair_forget_past(s)
  if size > MAX_CLIENTS and #endings > MAX_CLIENTS / 2 then
    table.sort(endings)
    s.vt = math.max(s.vt, endings[math.floor(#endings / 2) + 1])
    endings = fair_forget_past(s)
  end
  s.sweep_at = math.max(FIRST_SWEEP_AT, 2 * #endings)
end

-- The rank of a call that now joins the queue. Once for each.
local function rank_join(s, call)
  local rank = rank_peek(s, call)
  if s.cfg.policy == 'fair' then
    redis.call('HSET', K.fair, call.c, full(rank + share_of(call)))
    local size = redis.call('HLEN', K.fair)
    if size > math.min(s.sweep_at, MAX_CLIENTS) then fair_sweep(s, size) end
  end
  return rank
end

local function rank_served(s, rank)
  if s.cfg.policy == 'fair' then s.vt = math.max(s.vt, rank) end
end

-- A ranked call left without going.
local function rank_cancelled(s, call)
  if s.cfg.policy ~= 'fair' then return end
  local finish = redis.call('HGET', K.fair, call.c)
  if not finish then return end
  local earlier = tonumber(finish) - share_of(call)
  if earlier <= s.vt then redis.call('HDEL', K.fair, call.c)
  else redis.call('HSET', K.fair, call.c, full(earlier)) end
end
