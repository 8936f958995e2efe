"""The atomic steps of the queue, in Lua: each is done as a whole or not at all, and done again it changes nothing more.

`KEYS[1]` is the prefix of all keys. It has braces, so that all of them lie on one node of a cluster: `{templrender}:jobs`. The time is the server's, in milliseconds.

| key | |
|---|---|
| `:jobs` | the stream: ids of jobs that wait or are worked on; an entry is deleted when it is acknowledged |
| `:job:ID` | a hash: the job's JSON, its state and what came of it |
| `:later` | sorted by when: jobs whose next try is due then |
| `:dead` | sorted by when: jobs that were given up |
| `:outbox` | sorted by when: jobs whose mail is due then. Whoever sends one moves it to the end of a lease |
| `:expire` | sorted by when: `u:`pload, `r:`esult and `j:`ob to delete then |
| `:counts`, `:number`, `:taken` | how many; the last place given; the last place taken |
| `:mail` | until when nobody sends, how often the server refused, the rate's state |
| `:claim:` | the mails that one claim gave, until their lease ends |
| `:rate:` | a visitor's share |
"""

from __future__ import annotations

_HEAD = """
local p = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function key(id) return p .. ':job:' .. id end
local function get(id, name) return redis.call('HGET', key(id), name) end
local function count(name) redis.call('HINCRBY', p .. ':counts', name, 1) end
local function forget(what, after) redis.call('ZADD', p .. ':expire', now + after, what) end
local function remember(what) redis.call('ZREM', p .. ':expire', what) end
local function ack(group, entry) redis.call('XACK', p .. ':jobs', group, entry); redis.call('XDEL', p .. ':jobs', entry) end
local function enqueue(id)
    local number = redis.call('INCR', p .. ':number')
    redis.call('HSET', key(id), 'state', 'waiting', 'number', number)
    redis.call('XADD', p .. ':jobs', '*', 'id', id)
end
-- Nothing more will be done about it.
local function over(id)
    local state = get(id, 'state')
    return not state or state == 'done' or state == 'no-face' or state == 'refused' or state == 'dead'
end
local function bury(id, why, keep)
    redis.call('HSET', key(id), 'state', 'dead', 'message', why, 'finished', now)
    redis.call('ZADD', p .. ':dead', now, id)
    local upload = get(id, 'upload')
    if upload and upload ~= '' then forget('u:' .. upload, keep) end
    forget('j:' .. id, keep)
    count('dead')
end
-- A job whose mail needs no more thought: what is kept for it has its end.
local function mailed(id, state, message, keep)
    redis.call('ZREM', p .. ':outbox', id)
    redis.call('HSET', key(id), 'mail', state, 'mail_message', message, 'mailed', now)
    local result = get(id, 'result')
    if result and result ~= '' then forget('r:' .. result, keep) end
    forget('j:' .. id, keep)
    count('mail-' .. state)
end
"""

# ID JSON UPLOAD -> 1 if it is new, its state
FILE = """
local id, json, upload = ARGV[1], ARGV[2], ARGV[3]
local state = get(id, 'state')
if state then return {0, state} end
redis.call('HSET', key(id), 'json', json, 'upload', upload, 'filed', now, 'tries', 0, 'deaths', 0)
if upload ~= '' then remember('u:' .. upload) end
enqueue(id)
count('filed')
return {1, 'waiting'}
"""

# GROUP CONSUMER CLAIMED MAX_DEATHS KEEP (ENTRY ID)... -> for each: JSON, filed, tries; or nothing
BEGIN = """
local begun = {}
for i = 6, #ARGV, 2 do
    local entry, id = ARGV[i], ARGV[i + 1]
    if over(id) then
        ack(ARGV[1], entry)
        begun[#begun + 1] = false
    else
        local deaths = tonumber(get(id, 'deaths'))
        if ARGV[3] == '1' then deaths = redis.call('HINCRBY', key(id), 'deaths', 1); count('claimed') end
        if deaths > tonumber(ARGV[4]) then
            bury(id, 'its worker died ' .. deaths .. ' times', ARGV[5])
            ack(ARGV[1], entry)
            begun[#begun + 1] = false
        else
            redis.call('HSET', key(id), 'state', 'working', 'worker', ARGV[2], 'began', now)
            local number = tonumber(get(id, 'number'))
            if number > tonumber(redis.call('GET', p .. ':taken') or 0) then redis.call('SET', p .. ':taken', number) end
            begun[#begun + 1] = {get(id, 'json'), get(id, 'filed'), get(id, 'tries')}
        end
    end
end
return begun
"""

# GROUP CONSUMER ENTRY... -> how many are still this worker's; the others' time is not touched
ALIVE = """
local mine = 0
for i = 3, #ARGV do
    local found = redis.call('XPENDING', p .. ':jobs', ARGV[1], ARGV[i], ARGV[i], 1)
    if found[1] and found[1][2] == ARGV[2] then
        redis.call('XCLAIM', p .. ':jobs', ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
        mine = mine + 1
    end
end
return mine
"""

# GROUP ENTRY ID STATE RESULT TYPE MESSAGE MAIL KEEP_UPLOAD KEEP_RESULT -> 1 if this is the job's end, 0 if it had one
SETTLE = """
local group, entry, id, state, result = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local first = 0
if not over(id) then
    redis.call('HSET', key(id), 'state', state, 'result', result, 'content_type', ARGV[6], 'message', ARGV[7], 'finished', now)
    redis.call('ZREM', p .. ':later', id)
    local upload = get(id, 'upload')
    if upload ~= '' then forget('u:' .. upload, ARGV[9]) end
    if ARGV[8] == '1' then
        redis.call('HSET', key(id), 'mail', 'pending', 'mail_tries', 0)
        redis.call('ZADD', p .. ':outbox', now, id)
        if result ~= '' then remember('r:' .. result) end
    else
        if result ~= '' then forget('r:' .. result, ARGV[10]) end
        forget('j:' .. id, ARGV[10])
    end
    count(state)
    first = 1
end
ack(group, entry)
return first
"""

# GROUP ENTRY ID CONSUMER DELAY MESSAGE MAX_TRIES KEEP -> the state that it has now. What another worker has taken over is that worker's
LATER = """
local id = ARGV[3]
if get(id, 'state') == 'working' and get(id, 'worker') == ARGV[4] then
    local tries = redis.call('HINCRBY', key(id), 'tries', 1)
    if tries >= tonumber(ARGV[7]) then
        bury(id, ARGV[6], ARGV[8])
    else
        redis.call('HSET', key(id), 'state', 'later', 'message', ARGV[6])
        redis.call('ZADD', p .. ':later', now + ARGV[5], id)
        count('retried')
    end
    ack(ARGV[1], ARGV[2])
end
return get(id, 'state')
"""

# MOST -> how many have come back to the stream
PROMOTE = """
local due = redis.call('ZRANGEBYSCORE', p .. ':later', '-inf', now, 'LIMIT', 0, ARGV[1])
for _, id in ipairs(due) do
    redis.call('ZREM', p .. ':later', id)
    if get(id, 'state') == 'later' then enqueue(id) end
end
return #due
"""

# ID -> 1 if a dead job waits again
AGAIN = """
local id = ARGV[1]
local ends = redis.call('ZSCORE', p .. ':expire', 'j:' .. id)
if get(id, 'state') ~= 'dead' or (ends and tonumber(ends) <= now) then return 0 end
redis.call('ZREM', p .. ':dead', id)
remember('j:' .. id)
local upload = get(id, 'upload')
if upload and upload ~= '' then remember('u:' .. upload) end
redis.call('HSET', key(id), 'tries', 0, 'deaths', 0, 'message', '')
enqueue(id)
return 1
"""

# ID -> the hash without its JSON and what of it is somebody's name, and how many are before it
STATUS = """
local found = redis.call('HMGET', key(ARGV[1]), 'state', 'number', 'message', 'filed', 'finished', 'result', 'content_type', 'tries', 'mail', 'mail_message')
if not found[1] then return false end
found[#found + 1] = tonumber(redis.call('GET', p .. ':taken') or 0)
return found
"""

# MOST INTERVAL_US BURST LEASE WHO CLAIM -> {milliseconds to wait, failures, id...}
MAIL_CLAIM = """
local m = p .. ':mail'
local failures = tonumber(redis.call('HGET', m, 'failures') or 0)
-- Asked again, for the answer was lost: the same mails.
local claim = p .. ':claim:' .. ARGV[6]
local given = {0, failures}
for id in string.gmatch(redis.call('GET', claim) or '', '%S+') do
    if get(id, 'mail') == 'sending' and get(id, 'mail_by') == ARGV[5] then given[#given + 1] = id end
end
if #given > 2 then return given end
local pause = tonumber(redis.call('HGET', m, 'until') or 0)
if now < pause then return {pause - now, failures} end
local most, interval = tonumber(ARGV[1]), tonumber(ARGV[2])
if failures > 0 then most = 1 end
-- A mail may go at its theoretical time, or up to a burst earlier (GCRA).
local now_us = time[1] * 1000000 + time[2]
local at = math.max(tonumber(redis.call('HGET', m, 'at') or 0), now_us - interval * tonumber(ARGV[3]))
if interval > 0 then most = math.min(most, math.floor((now_us - at) / interval)) end
if most < 1 then return {math.ceil((at + interval - now_us) / 1000), failures} end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', p .. ':outbox', '-inf', now, 'LIMIT', 0, most)) do
    if get(id, 'mail') then
        redis.call('ZADD', p .. ':outbox', now + ARGV[4], id)
        redis.call('HSET', key(id), 'mail', 'sending', 'mail_by', ARGV[5])
        given[#given + 1] = id
    else
        redis.call('ZREM', p .. ':outbox', id)
    end
end
redis.call('HSET', m, 'at', string.format('%.0f', at + interval * (#given - 2)))
if #given > 2 then
    redis.call('SET', claim, table.concat(given, ' ', 3), 'PX', ARGV[4])
    return given
end
local first = redis.call('ZRANGE', p .. ':outbox', 0, 0, 'WITHSCORES')[2]
return {first and math.max(1, first - now) or -1, failures}
"""

# ID STATE MESSAGE KEEP: it was sent, refused or given up
MAIL_OVER = """
local state = get(ARGV[1], 'mail')
if state ~= 'sending' and state ~= 'pending' then return 0 end
mailed(ARGV[1], ARGV[2], ARGV[3], ARGV[4])
if ARGV[2] == 'sent' then redis.call('HSET', p .. ':mail', 'failures', 0, 'until', 0) end
return 1
"""

# ID WHO DELAY MESSAGE CHARGED GIVE_UP KEEP -> the state that it has now
MAIL_LATER = """
local id = ARGV[1]
if get(id, 'mail') ~= 'sending' or get(id, 'mail_by') ~= ARGV[2] then return get(id, 'mail') end
if now - tonumber(get(id, 'finished')) >= tonumber(ARGV[6]) then
    mailed(id, 'given-up', ARGV[4], ARGV[7])
else
    redis.call('ZADD', p .. ':outbox', now + ARGV[3], id)
    redis.call('HSET', key(id), 'mail', 'pending', 'mail_message', ARGV[4])
    if ARGV[5] == '1' then redis.call('HINCRBY', key(id), 'mail_tries', 1) end
end
return get(id, 'mail')
"""

# DELAY -> how often in a row the server refused: nobody sends for so long
MAIL_PAUSE = """
redis.call('HSET', p .. ':mail', 'until', now + ARGV[1])
count('mail-pauses')
return redis.call('HINCRBY', p .. ':mail', 'failures', 1)
"""

# WHAT KEEP ID: a file that is about to be written; where nothing comes of it, it is deleted. 0 where the job (if it is one's) has its end already
RESERVE = """
if ARGV[3] ~= '' and over(ARGV[3]) then return 0 end
forget(ARGV[1], ARGV[2])
return 1
"""

# MOST -> what is to be deleted now
DUE = """
return redis.call('ZRANGEBYSCORE', p .. ':expire', '-inf', now, 'LIMIT', 0, ARGV[1])
"""

# WHAT: it was deleted
DELETED = """
local ends = redis.call('ZSCORE', p .. ':expire', ARGV[1])
if not ends or tonumber(ends) > now then return 0 end
remember(ARGV[1])
if string.sub(ARGV[1], 1, 2) == 'j:' then
    local id = string.sub(ARGV[1], 3)
    redis.call('DEL', key(id))
    redis.call('ZREM', p .. ':dead', id)
end
count('deleted')
return 1
"""

# GROUP OLDER_THAN: consumers that hold nothing and were not seen for so long
TIDY = """
local gone = 0
for _, found in ipairs(redis.call('XINFO', 'CONSUMERS', p .. ':jobs', ARGV[1])) do
    local it = {}
    for i = 1, #found, 2 do it[found[i]] = found[i + 1] end
    if it['pending'] == 0 and it['idle'] >= tonumber(ARGV[2]) then
        redis.call('XGROUP', 'DELCONSUMER', p .. ':jobs', ARGV[1], it['name'])
        gone = gone + 1
    end
end
return gone
"""

# WHO MOST PERIOD: 1 if this one may, of so many in so long
RATE = """
local k = p .. ':rate:' .. ARGV[1]
local interval = tonumber(ARGV[3]) / tonumber(ARGV[2])
local at = math.max(tonumber(redis.call('GET', k) or 0), now)
if at + interval - now > tonumber(ARGV[3]) then return math.ceil(at + interval - now - ARGV[3]) end
redis.call('SET', k, string.format('%.3f', at + interval), 'PX', ARGV[3])
return 0
"""

# GROUP -> depth of everything
DEPTH = """
local first = redis.call('XRANGE', p .. ':jobs', '-', '+', 'COUNT', 1)[1]
local pending = redis.call('XPENDING', p .. ':jobs', ARGV[1])[1]
local all = redis.call('XLEN', p .. ':jobs')
local pause = tonumber(redis.call('HGET', p .. ':mail', 'until') or 0)
return {all - pending, pending, redis.call('ZCARD', p .. ':later'), redis.call('ZCARD', p .. ':dead'), redis.call('ZCARD', p .. ':outbox'),
    first and math.max(0, now - tonumber(string.match(first[1], '^%d+'))) or 0, math.max(0, pause - now), redis.call('ZCARD', p .. ':expire')}
"""

ALL: dict[str, str] = {
    name.lower(): _HEAD + text for name, text in dict(globals()).items() if name.isupper() and not name.startswith("_")
}
