-- The circuit breaker of the fleet (policies/breaker/breaker.ts is the same in TypeScript; test/vectors/breaker.json
-- drives both). `s.br` is its state, `s.cfg.breaker` its settings: nil where there is none.

local BUCKETS = 10

local function window_for(rule, kept)
  if rule == nil then return nil end
  if kept and kept.w == rule.windowMs then return kept end
  return { w = rule.windowMs, tot = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, hit = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 } }
end

local function window_move(window, now)
  local current = math.floor(now / (window.w / BUCKETS))
  local newest = window.newest or current
  for step = 1, math.min(current - newest, BUCKETS) do
    local slot = (newest + step) % BUCKETS + 1
    window.tot[slot] = 0
    window.hit[slot] = 0
  end
  window.newest = math.max(newest, current)
  return window.newest % BUCKETS + 1
end

local function window_add(window, now, hit)
  if window == nil then return end
  local slot = window_move(window, now)
  window.tot[slot] = window.tot[slot] + 1
  if hit then window.hit[slot] = window.hit[slot] + 1 end
end

-- All, and those of note.
local function window_counts(window, now)
  window_move(window, now)
  local total, hits = 0, 0
  for slot = 1, BUCKETS do
    total = total + window.tot[slot]
    hits = hits + window.hit[slot]
  end
  return total, hits
end

local function rate_reached(rule, window, now)
  if rule == nil or window == nil then return false end
  local total, hits = window_counts(window, now)
  return total >= rule.minimum and hits >= rule.threshold * total
end

local function br_change(s, to)
  s.gen = s.gen + 1
  s.br = to
end

-- `at`: nil where it has never been anything else.
local function br_close(s, at)
  local settings = s.cfg.breaker
  s.failures = window_for(settings.failureRate, nil)
  s.slow = window_for(settings.slowCalls, nil)
  br_change(s, { k = 'closed', f = 0, at = at })
end

local function br_open(s, since, why)
  s.opened = s.opened + 1
  br_change(s, { k = 'open', at = since, why = why })
end

local function br_start(s)
  s.br = { k = 'closed', f = 0 }
  s.failures = window_for(s.cfg.breaker.failureRate, nil)
  s.slow = window_for(s.cfg.breaker.slowCalls, nil)
end

local function oldest_probe(br)
  return br.run[1] and br.run[1].at or NEVER
end

-- Lets time pass: what falls due takes effect when it was due, however late somebody asks.
local function br_advance(s, now)
  local settings = s.cfg.breaker
  while true do
    local br = s.br
    if br.k == 'open' then
      local half_open_at = br.at + settings.openForMs
      if now < half_open_at then return br end
      br_change(s, { k = 'half_open', at = half_open_at, run = {}, passed = 0 })
    elseif br.k == 'half_open' then
      local overdue_at = oldest_probe(br) + settings.probeTimeoutMs
      if now < overdue_at then return br end
      br_open(s, overdue_at, 'probe_timeout')
    elseif br.k == 'forced' and now >= br.til then
      br_close(s, br.til)
    else
      return br
    end
  end
end

local function br_refused_until(s, now)
  local br = br_advance(s, now)
  if br.k == 'open' then return br.at + s.cfg.breaker.openForMs end
  if br.k == 'forced' and br.as == 'open' then return br.til end
  return nil
end

-- 'go', or 'refused' or 'wait' with until when.
local function br_outlook(s, now)
  if s.cfg.breaker == nil then return 'go' end
  local refused = br_refused_until(s, now)
  if refused then return 'refused', refused end
  local br = s.br
  if br.k == 'half_open' and #br.run + br.passed >= s.cfg.breaker.probes then
    return 'wait', oldest_probe(br) + s.cfg.breaker.probeTimeoutMs
  end
  return 'go'
end

-- The permit of a call that the outlook lets go.
local function br_pass(s, now, id)
  if s.cfg.breaker == nil then return nil end
  local probe = s.br.k == 'half_open'
  if probe then s.br.run[#s.br.run + 1] = { id = id, at = now } end
  return { gen = s.gen, probe = probe, at = now, id = id }
end

local function br_count(s, failed, slow, now)
  local settings, br = s.cfg.breaker, s.br
  br.f = failed and br.f + 1 or 0
  window_add(s.failures, now, failed)
  window_add(s.slow, now, slow)
  if settings.consecutive and br.f >= settings.consecutive then
    br_open(s, now, 'consecutive')
  elseif rate_reached(settings.failureRate, s.failures, now) then
    br_open(s, now, 'failure_rate')
  elseif rate_reached(settings.slowCalls, s.slow, now) then
    br_open(s, now, 'slow_calls')
  end
end

local function br_end(s, permit, outcome, now)
  if s.cfg.breaker == nil or permit == nil then return end
  local br = br_advance(s, now)
  if permit.over or permit.gen ~= s.gen then return end
  permit.over = true
  if br.k == 'half_open' then
    for index, probe in ipairs(br.run) do
      if probe.id == permit.id then table.remove(br.run, index) break end
    end
  end
  if outcome == 'ignore' then return end
  local rule = s.cfg.breaker.slowCalls
  local slow = rule ~= nil and now - permit.at > rule.durationMs
  if br.k == 'closed' then
    br_count(s, outcome == 'failure', slow, now)
  elseif br.k == 'half_open' then
    if outcome == 'failure' or slow then
      br_open(s, now, outcome == 'failure' and 'probe_failed' or 'slow_calls')
    else
      br.passed = br.passed + 1
      if br.passed >= s.cfg.breaker.probes then br_close(s, now) end
    end
  end
end

local function br_force(s, state, now, for_ms)
  if s.cfg.breaker == nil then return end
  local br = br_advance(s, now)
  local closed_at = now
  if br.k == 'closed' then closed_at = br.at end
  if state == 'reset' then br_close(s, closed_at) else br_change(s, { k = 'forced', as = state, til = now + for_ms }) end
end

-- `s.cfg.breaker` is set to the new settings in between, because time up to now passed under the old ones.
local function br_configure(s, settings, now)
  local had = s.cfg.breaker ~= nil
  if had then br_advance(s, now) end
  s.cfg.breaker = settings
  if settings == nil then
    s.br, s.failures, s.slow = nil, nil, nil
    -- Calls that it let through say nothing to one that comes later.
    s.gen = s.gen + 1
  elseif not had then
    br_start(s)
  else
    s.failures = window_for(settings.failureRate, s.failures)
    s.slow = window_for(settings.slowCalls, s.slow)
    if s.br.k == 'half_open' and s.br.passed >= settings.probes then br_close(s, now) end
  end
end
