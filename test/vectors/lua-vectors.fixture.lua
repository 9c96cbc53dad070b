-- Runs one case of a vector file against the Lua of the Redis gate: ARGV 1 names the file, ARGV 2 is the case as JSON.
-- Returns the answers of its steps as JSON; infinity is written as the text "inf".
local case = cjson.decode(ARGV[2])
local s = fresh()
local answers = {}

local function plain(value)
  if value == nil then return cjson.null end
  if value == NEVER then return 'inf' end
  return value
end

local function limits_of(list)
  local limits = {}
  for _, one in ipairs(list) do
    limits[#limits + 1] = { c = one.count, w = one.windowMs, g = one.guardMs or 0, e = one.even or false }
  end
  return limits
end

local function limiter(step, index)
  local cost = step.cost or 1
  if step.op == 'readyAt' then return plain(ready_at(s, step.at, cost)) end
  if step.op == 'slotAt' then return plain(slot_at(s, step.at, step.ahead or 0, cost)) end
  if step.op == 'burstWithin' then return plain(burst_within(s, step.at, step.horizonMs, NEVER)) end
  if step.op == 'sent' then s.unsent = s.unsent - cost push(s, step.at, cost, 's' .. index) end
  if step.op == 'giveBack' then s.unsent = s.unsent - cost end
  if step.op == 'configure' then s.cfg.limits = limits_of(step.limits) end
  if step.op == 'acquire' then
    local ready = ready_at(s, step.at, cost)
    if ready > step.at then return { retryAtMs = plain(ready) } end
    s.unsent = s.unsent + cost
    return { grantedAt = step.at }
  end
  return cjson.null
end

local permits = {}

local function state_of(now)
  local br = br_advance(s, now)
  if br.k == 'closed' then return { kind = 'closed', sinceMs = br.at, consecutiveFailures = br.f } end
  if br.k == 'open' then
    return { kind = 'open', sinceMs = br.at, untilMs = br.at + s.cfg.breaker.openForMs, reason = br.why }
  end
  if br.k == 'half_open' then
    return { kind = 'half_open', sinceMs = br.at, running = #br.run, passed = br.passed }
  end
  return { kind = 'forced', as = br.as, untilMs = br.til }
end

local function breaker(step, index)
  local now = step.at
  if step.op == 'enter' then
    local outlook, at = br_outlook(s, now)
    if outlook == 'refused' then return { kind = 'refused', retryAtMs = plain(at) } end
    if outlook == 'wait' then return { kind = 'wait', untilMs = plain(at) } end
    permits[step.as] = br_pass(s, now, 'p' .. index)
    return { kind = 'go', probe = permits[step.as].probe }
  end
  if step.op == 'end' then br_end(s, permits[step.permit], step.outcome, now) end
  if step.op == 'calls' then
    for _ = 1, step.times do
      assert(br_outlook(s, now) == 'go')
      br_end(s, br_pass(s, now, 'c'), step.outcome or 'success', now)
    end
  end
  if step.op == 'admits' then
    local refused = br_refused_until(s, now)
    if refused then return { ok = false, retryAtMs = plain(refused) } end
    return { ok = true }
  end
  if step.op == 'window' then
    br_advance(s, now)
    local shown = {}
    if s.failures then
      local calls, failures = window_counts(s.failures, now)
      shown.failureRate = { calls = calls, failures = failures }
    end
    if s.slow then
      local calls, slow = window_counts(s.slow, now)
      shown.slowCalls = { calls = calls, slow = slow }
    end
    return shown
  end
  if step.op == 'state' then return state_of(now) end
  if step.op == 'force' then br_force(s, step.state, now, step.forMs or 0) end
  if step.op == 'configure' then br_configure(s, step.settings, now) end
  if step.op == 'opened' then return s.opened end
  return cjson.null
end

local joined = {}

local function call_of(step)
  local call = step.call or {}
  return { c = call.client or 'a', u = call.urgency or 3, a = call.arrivedAtMs or 0, cost = call.cost or 1 }
end

local function rank(step)
  if step.op == 'peek' then return rank_peek(s.order, call_of(step)) end
  if step.op == 'join' then
    local t = call_of(step)
    t.id, t.uid, t.n = step.name, 'n:' .. s.seq, 'n'
    queue_add(s, t)
    joined[step.name] = t.uid
    return t.rank
  end
  if step.op == 'serve' then
    local member = redis.call('ZRANGE', K.queue, 0, 0)[1]
    if not member then return cjson.null end
    local _, uid = member_parts(member)
    return queue_take(s, uid, true).id
  end
  if step.op == 'cancel' then queue_take(s, joined[step.name], false) end
  return cjson.null
end

if ARGV[1] == 'limiter' then s.cfg = { limits = limits_of(case.limits) }
elseif ARGV[1] == 'breaker' then
  s.cfg = { limits = {} }
  br_configure(s, case.settings, 0)
else
  s.order = order_of({ policy = case.policy, aging = case.agingMs }, 'fair')
  for client, weight in pairs(case.weights) do redis.call('HSET', K.weights, client, weight) end
end
local run = ({ limiter = limiter, breaker = breaker, rank = rank })[ARGV[1]]
for index, step in ipairs(case.steps) do answers[index] = run(step, index) end
return cjson.encode(answers)
