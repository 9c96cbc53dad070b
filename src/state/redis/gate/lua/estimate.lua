-- How long a ticket would wait, from the limits and from how long calls took of late (state/memory/wait-estimate.ts).

local REMEMBERED_CALLS = 21

local function note_call(s, took)
  s.took[#s.took + 1] = took
  if #s.took > REMEMBERED_CALLS then table.remove(s.took, 1) end
end

-- The median; nil before the first call has ended.
local function service_ms(s)
  if #s.took == 0 then return nil end
  local sorted = {}
  for index, took in ipairs(s.took) do sorted[index] = took end
  table.sort(sorted)
  return sorted[math.floor((#sorted + 1) / 2)]
end

-- When the pause ends (infinity: not by itself); nil when there is none.
local function paused_until(s, now)
  if s.pause == nil then return nil end
  if s.pause.til > now then return s.pause.til end
  s.pause = nil
  return nil
end

-- For so long, or until it is resumed; whether this is longer than before.
local function pause_for(s, now, for_ms, reason)
  local til = for_ms and now + for_ms or NEVER
  if til <= math.max(now, paused_until(s, now) or 0) then return false end
  s.pause = { til = til, reason = reason }
  s.pauses = s.pauses + 1
  return true
end

-- Ms until the ticket behind `position` others could go; nil when nobody can know.
local function wait_behind(s, now, position, cost)
  local from = math.max(held_until(s, now), paused_until(s, now) or now)
  local outlook, until_at = br_outlook(s, now)
  if outlook == 'refused' then from = math.max(from, until_at) end
  if outlook == 'wait' then from = math.max(from, math.min(until_at, now + (service_ms(s) or 0))) end
  if from == NEVER then return nil end
  local slot = slot_at(s, from, position, cost) - now
  if slot == NEVER then return nil end
  if s.cfg.concurrency == nil then return slot end
  local ends = math.max(0, position + s.running - s.cfg.concurrency + 1)
  local service = service_ms(s)
  if ends > 0 and service == nil then return nil end
  return math.max(slot, ends * (service or 0) / s.cfg.concurrency)
end
