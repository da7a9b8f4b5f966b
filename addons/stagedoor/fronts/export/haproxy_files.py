"""HAProxy: a short Lua action that asks, the log over UDP, and lists of what it refuses by itself."""

from __future__ import annotations

from stagedoor.fronts.export.front_settings import TEXT, Files, FrontSettings, address, once

_LUA = """\
-- Asks the counter about each request. Written by `stagedoor export haproxy`; for HAProxy 2.6 and
-- newer, whose Lua has an HTTP client of its own. Load it with lua-load-per-thread.

local COUNTER = "http://@COUNTER@/authorize"
local PATIENCE = 60000  -- milliseconds, longer than any rule delays
local ABOUT = {  -- of the connection to this proxy, or of a body that the counter does not want
    ["connection"] = true, ["content-length"] = true, ["transfer-encoding"] = true,
    ["expect"] = true, ["upgrade"] = true, ["keep-alive"] = true, ["te"] = true,
    ["x-forwarded-method"] = true, ["x-forwarded-uri"] = true, ["x-forwarded-host"] = true,
    ["x-forwarded-proto"] = true,
}

core.register_action("stagedoor", { "http-req" }, function(txn)
    local headers = {}
    for name, values in pairs(txn.http:req_get_headers()) do
        if not ABOUT[name] then
            local list = {}
            for number = 0, #values do list[#list + 1] = values[number] end  -- in their order
            headers[name] = list
        end
    end
    headers["x-forwarded-method"] = { txn.sf:method() }
    headers["x-forwarded-uri"] = { txn:get_var("txn.stagedoor_target") }
    headers["x-forwarded-host"] = { txn.sf:req_fhdr("host") }
    headers["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" }
    -- Without this, HAProxy would give its own name for a visitor's who gives none.
    if not headers["user-agent"] then headers["user-agent"] = { "" } end
    local chain = headers["x-forwarded-for"] or {}
    chain[#chain + 1] = txn.sf:src()
    headers["x-forwarded-for"] = { table.concat(chain, ", ") }

    local answer = core.httpclient():get({ url = COUNTER, headers = headers, timeout = PATIENCE })
    local status = answer and answer.status or 0
    local function field(name)
        local found = answer.headers and answer.headers[name]
        return found and found[0] or ""
    end
    if status == 200 and field("x-stagedoor-client") ~= "" then
        txn:set_var("txn.stagedoor_client", field("x-stagedoor-client"))
        return
    end
    if status == 200 then
        return  -- let in undecided: on_error of the stance
    end
    -- All refusals say nosniff. What does not is HAProxy's own answer: nobody was reached.
    if field("x-content-type-options") == "" then
        txn:set_var("txn.stagedoor_failed", 1)
        return
    end
    local reply = txn:reply({ status = status })
    for name, values in pairs(answer.headers) do
        if name ~= "content-length" and name ~= "connection" and name ~= "transfer-encoding" then
            for _, value in pairs(values) do reply:add_header(name, value) end
        end
    end
    reply:set_body(answer.body or "")
    txn:done(reply)
end)
"""
_LOG = (
    r"{\"stagedoor\":1,\"client\":\"%[var(txn.stagedoor_client)]\","
    r"\"chain\":\"%[var(txn.stagedoor_chain),json(utf8s)]\",\"method\":\"%HM\","
    r"\"host\":\"%[var(txn.stagedoor_host),json(utf8s)]\","
    r"\"target\":\"%[var(txn.stagedoor_target),json(utf8s)]\","
    r"\"asked\":\"%[var(txn.stagedoor_asked),json(utf8s)]\","
    r"\"agent\":\"%[var(txn.stagedoor_agent),json(utf8s)]\",\"status\":\"%ST\",\"sent\":\"%B\","
    r"\"head\":\"%[var(txn.stagedoor_head)]\",\"seconds\":\"%Ta\",\"unit\":\"ms\","
    r"\"type\":\"%[var(txn.stagedoor_type),json(utf8s)]\","
    r"\"length\":\"%[var(txn.stagedoor_length)]\",\"range\":\"%[var(txn.stagedoor_range),json(utf8s)]\","
    r"\"coding\":\"%[var(txn.stagedoor_coding),json(utf8s)]\","
    r"\"verdict\":\"%[var(txn.stagedoor_verdict)]\"}"
)


def haproxy_files(settings: FrontSettings) -> Files:
    """haproxy.cfg, the Lua action, and the expressions that it refuses by."""
    s = settings
    files = {
        "haproxy.cfg": _config(s),
        "stagedoor.lua": _LUA.replace("@COUNTER@", s.counter_address),
    }
    if s.refusals.refused:
        files["stagedoor-refused.txt"] = _lines(s.refusals.refused)
        files["stagedoor-asked.txt"] = _lines(s.refusals.asked)
    return files


def _lines(expressions: tuple[str, ...]) -> str:
    # An expression must not begin with what HAProxy takes for a comment, and has no blank at its end.
    return "".join(f"{one}\n" for one in expressions)


def _config(s: FrontSettings) -> str:
    folder, refusals = s.folder, s.refusals
    set_fields = "".join(
        f"    http-response {'set' if once(name) else 'add'}-header {name} {_quoted(value)}\n"
        for name, value in s.headers
    )
    refused = "    # Under this stance HAProxy refuses nobody by itself.\n"
    if refusals.refused:
        fields = " ".join(f"hdr {name} {_quoted(value)}" for name, value in s.headers)
        refused = f"""\
    acl stagedoor_named req.fhdr(user-agent) -m reg -i -f {_quoted(str(folder / "stagedoor-refused.txt"))}
    acl stagedoor_other req.fhdr(user-agent) -m reg -i -f {_quoted(str(folder / "stagedoor-asked.txt"))}
    acl stagedoor_long req.fhdr(user-agent),length gt 2048
    acl stagedoor_shows req.fhdr(authorization) -m found
    acl stagedoor_shows req.fhdr(signature) -m found
    acl stagedoor_reads method GET HEAD
    acl stagedoor_says var(txn.stagedoor_target) -m reg {_quoted(refusals.targets)}
    acl stagedoor_refused var(txn.stagedoor_verdict) -m str map
    http-request set-var(txn.stagedoor_verdict) str(map) if stagedoor_named stagedoor_reads !stagedoor_other !stagedoor_long !stagedoor_shows !stagedoor_says
    http-request return status 403 content-type "text/plain; charset=utf-8" string {_quoted(TEXT.strip())} {fields} if stagedoor_refused
"""
    files = ""
    signals = backend = ""
    if s.files:
        files = f"""\
    # Files that say what is allowed: the site's own, with the stance written in.
    acl stagedoor_file path {" ".join(s.files)}
"""
        backend = "    use_backend stagedoor_counter if stagedoor_file\n"
        signals = " unless stagedoor_file"
    failed = _failed(s)
    server = s.site.removeprefix("http://").removeprefix("https://").rstrip("/")
    secure = " ssl verify required ca-file @system-ca" if s.site.startswith("https://") else ""
    return f"""\
# A whole haproxy.cfg; written by `stagedoor export haproxy`: write it anew when the stance changes.
# It asks `stagedoor authorize --listen {s.counter_address} --upstream {s.site}`.

global
    lua-load-per-thread {_quoted(str(folder / "stagedoor.lua"))}

defaults
    mode http
    option dontlognull
    timeout connect 5s
    timeout client 75s
    timeout server 75s
    timeout http-request 10s
    timeout http-keep-alive 75s

frontend site
    bind {address(s.listen)}
    http-request set-var(txn.stagedoor_target) pathq
    http-request set-var(txn.stagedoor_agent) req.fhdr(user-agent,1)
    http-request set-var(txn.stagedoor_asked) req.fhdr(range,1)
    http-request set-var(txn.stagedoor_host) req.fhdr(host)
    http-request set-var(txn.stagedoor_chain) src
    acl stagedoor_forwarded req.fhdr(x-forwarded-for) -m found
    http-request set-var-fmt(txn.stagedoor_chain) "%[req.fhdr(x-forwarded-for)], %[src]" if stagedoor_forwarded
    # What went out comes back to the counter: without it, nobody is counted who only listens.
    log {s.counter_address} len 65535 format raw local0
    log-format "{_LOG}"

    # Crawlers that the stance refuses, whatever they ask for: nobody needs to be asked.
{refused}
{files}
    http-request lua.stagedoor{signals}
{failed}
    http-response set-var(txn.stagedoor_type) res.fhdr(content-type)
    http-response set-var(txn.stagedoor_length) res.fhdr(content-length)
    http-response set-var(txn.stagedoor_range) res.fhdr(content-range)
    http-response set-var(txn.stagedoor_coding) res.fhdr(content-encoding)
{backend}    default_backend site

backend site
    option forwardfor
{set_fields}    http-response del-header alt-svc
    # As the last: what the head of the response has, the log's bytes are without.
    http-response set-var(txn.stagedoor_head) res.hdrs,length,add(17)
    server site {server}{secure}

backend stagedoor_counter
    option forwardfor
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-path /signal%[path]
    http-response set-var(txn.stagedoor_head) res.hdrs,length,add(17)
    server counter {s.counter_address}
"""


def _failed(s: FrontSettings) -> str:
    """While the counter does not answer: on_error of the stance."""
    text = "    # The counter does not answer: on_error of the stance.\n"
    text += "    acl stagedoor_failed var(txn.stagedoor_failed) -m found\n"
    if s.on_error.pages == "closed":
        return text + "    http-request deny deny_status 503 if stagedoor_failed\n"
    if not s.closed_endings:
        return "    # The counter does not answer: on_error of the stance lets all in.\n"
    names = "|".join(s.closed_endings)
    return text + (
        f"    acl stagedoor_recording path -m reg -i '\\.({names})(/|$)'\n"
        "    acl stagedoor_recording path -m beg -i /rest/\n"
        "    http-request deny deny_status 503 if stagedoor_failed stagedoor_recording\n"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
