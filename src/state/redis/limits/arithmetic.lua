-- Client limits, as src/policies/limiter/client-limit.ts has them. A state is { at, used, before }; nil: never seen.
local TICK_MS, ROUNDING_MS, TOKEN_ERROR = 1, 0.001, 1e-9

local function wait_until(now, at)
  local wait = math.max(0, at - now)
  if now + wait >= at then return wait end
  return wait + ROUNDING_MS
end

local function slide(state, window, now)
  if state == nil or now >= state.at + 2 * window then return { at = now, used = 0, before = 0 } end
  if now >= state.at + window then return { at = state.at + window, used = 0, before = state.used } end
  return state
end

local function missing_at(count, window, state, now)
  return math.max(0, state.used - math.max(0, now - state.at) * count / window)
end

local take = {}

-- Each returns the state after one request, whether it is allowed, what remains, and ms to the reset.
function take.sliding_window(count, window, kept, now)
  local state = slide(kept, window, now)
  local at, used, before = state.at, state.used, state.before
  local faded = before * math.max(0, window - math.max(0, now - at) - TICK_MS) / window
  if used + faded < count then
    local taken = used + 1
    local full_at = at + window + window * (1 - 1 / taken)
    local left = math.max(0, math.ceil(count - taken - faded))
    return { at = at, used = taken, before = before }, true, left, wait_until(now, full_at)
  end
  local free_at = used < count and at + window * (1 - (count - used) / before)
    or at + window + window * (1 - count / used)
  return state, false, 0, wait_until(now, free_at)
end

function take.token_bucket(count, window, kept, now)
  local missing = kept and missing_at(count, window, kept, now) or 0
  local tokens, token_ms = count - missing, window / count
  if tokens >= 1 - TOKEN_ERROR then
    local left = math.max(0, tokens - 1)
    local at = kept and math.max(now, kept.at) or now
    return { at = at, used = count - left, before = 0 }, true, math.floor(left + TOKEN_ERROR), (count - left) * token_ms
  end
  local wait = wait_until(now, kept.at + (kept.used - (count - 1)) * token_ms)
  if missing_at(count, window, kept, now + wait) > count - 1 + TOKEN_ERROR then wait = wait + ROUNDING_MS end
  return kept, false, 0, wait
end

function take.fixed_window(count, window, kept, now)
  local state = kept
  if state == nil or now >= state.at + window then state = { at = now, used = 0, before = 0 } end
  local reset = wait_until(now, state.at + window)
  if state.used >= count then return state, false, 0, reset end
  local used = state.used + 1
  return { at = state.at, used = used, before = 0 }, true, count - used, reset
end

-- The state once so many more requests are counted that have passed elsewhere.
local function add(algorithm, count, window, kept, requests, now)
  if algorithm == 'token_bucket' then
    local missing = kept and missing_at(count, window, kept, now) or 0
    return { at = kept and math.max(now, kept.at) or now, used = missing + requests, before = 0 }
  end
  local state
  if algorithm == 'sliding_window' then
    state = slide(kept, window, now)
  elseif kept == nil or now >= kept.at + window then
    state = { at = now, used = 0, before = 0 }
  else
    state = kept
  end
  return { at = state.at, used = state.used + requests, before = state.before }
end

-- After so many ms the state says nothing any more.
local function life_of(algorithm, count, window, state, now)
  local ms
  if algorithm == 'sliding_window' then ms = state.at + 2 * window - now
  elseif algorithm == 'token_bucket' then ms = state.at + state.used * window / count - now
  else ms = state.at + window - now end
  return math.max(1, math.ceil(ms) + 1)
end

local function written(state)
  return string.format('%.17g %.17g %.17g', state.at, state.used, state.before)
end

local function read(text)
  if not text then return nil end
  local at, used, before = string.match(text, '^(%S+) (%S+) (%S+)$')
  return { at = tonumber(at), used = tonumber(used), before = tonumber(before) }
end
