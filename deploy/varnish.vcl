# Finished pictures in memory: what is asked for all the time never reaches a render node. The key is the URL alone. What a Varnish does not have it asks of the node that owns the
# URL, and of the next one when that fails.
vcl 4.1;

import directors;
import std;
import xkey;

probe healthz {
    .url = "/healthz";
    .interval = 500ms;
    # Not shorter: on a busy node an answer takes its time, and a node that is wrongly sick moves half of the URLs. A dead node is noticed by the request
    # that meets it (alt, below).
    .timeout = 1s;
    .window = 4;
    .threshold = 2;
    .initial = 2;
}
backend @NODES.NAME@ { .host = "@NODES.HOST@"; .port = "@NODES.PORT@"; .probe = healthz; .connect_timeout = 1s; .first_byte_timeout = @NODE_TIMEOUT@; .between_bytes_timeout = 5s; .max_connections = @NODE_MAXCONN@; }

# Who may purge: the machines of ours, at the port of ours.
acl inside { @PURGERS@ }

sub vcl_init {
    new nodes = directors.shard();
    nodes.add_backend(@NODES.NAME@);
    # A node that came back gets its URLs little by little.
    nodes.set_rampup(5s);
    nodes.reconfigure(replicas = 128);
}

sub vcl_recv {
    if (local.socket == "inside") {
        if (client.ip !~ inside) { return (synth(403)); }
        call purge;
        return (synth(404));
    }
    if (req.url == "/healthz") { return (synth(200)); }
    if (req.method != "GET" && req.method != "HEAD") { return (synth(405)); }
    # HAProxy has done all of this. A Varnish that is reached by another way must be as hard to poison.
    unset req.http.Cookie; unset req.http.Authorization; unset req.http.Range; unset req.http.Accept-Encoding;
    unset req.http.X-Forwarded-For; unset req.http.X-Forwarded-Host; unset req.http.X-Forwarded-Proto; unset req.http.X-Original-URL; unset req.http.Cache-Control; unset req.http.Pragma;
    set req.http.Host = "pictures";
    # How old an answer may be while a new one is made: what the service says (stale-while-revalidate, docs/serve.md), and a day while no node lives.
    if (std.healthy(nodes.backend(by = URL))) { set req.grace = @STALE_WHILE_REVALIDATE@; } else { set req.grace = 24h; }
    # Not std.querysort: it sorts size2= before size=, and the canonical form does not.
    return (hash);
}

# POST it to the inside port: curl -X PURGE -H 'xkey: template:product-sale' http://127.0.0.1:.../ ; keys are separated by spaces. What is purged is stale, not
# gone: it is given once more while a new one is made, and stands in while no node lives.
sub purge {
    if (req.method == "PURGE") {
        if (!req.http.xkey) { return (synth(400, "an xkey is missing")); }
        set req.http.purged = xkey.softpurge(req.http.xkey);
        return (synth(200, "purged " + req.http.purged));
    }
}

sub vcl_hash {
    # Without the host that the built-in one adds.
    hash_data(req.url);
    return (lookup);
}

sub vcl_backend_fetch {
    # The URL's own node; when asked again, the next one on the ring. Without alt the retry goes to the same dead node: 418 requests of a drill were lost that way.
    # No body in a GET.
    unset bereq.body;
    set bereq.backend = nodes.backend(by = URL, alt = bereq.retries, healthy = CHOSEN);
}

sub vcl_backend_response {
    # The whole picture before the first byte of it goes on: a node that dies in the middle of one is asked nothing more, and another node draws it. Pictures are small.
    set beresp.do_stream = false;
    unset beresp.http.Set-Cookie;
    unset beresp.http.Vary;
    unset beresp.http.X-Request-Id;

    # How old the answer is already: a node that had it in its cache passes on when it was made (Date), and max-age counts from then. A sale that ends at midnight ends at midnight.
    if (beresp.http.Date) { set beresp.ttl = beresp.ttl - (now - std.time(beresp.http.Date, now)); }
    set beresp.grace = 0s;
    if (beresp.http.Cache-Control ~ "stale-if-error=[0-9]+") {
        set beresp.grace = std.duration(regsub(beresp.http.Cache-Control, "^.*stale-if-error=([0-9]+).*$", "\1s"), 0s);
    }
    set beresp.keep = 0s;

    if (beresp.status >= 500) {
        # Asked in the background: the old picture is still good. This is stale-if-error.
        if (bereq.is_bgfetch) { return (abandon); }
        # 502: the node could not get a photo, maybe because its Squid just died. The other node tries once. Not 503: a node that sheds load must not
        # be helped by doubling it; not 504: it has taken long enough; not 500: the template is wrong everywhere.
        if (beresp.status == 502 && bereq.retries < 1) { return (retry); }
        # Errors for a second: all who wait for this picture get this answer, and then somebody tries again. Never longer, and never nothing:
        # an object that may not be kept at all is fetched by its waiters one after another.
        set beresp.ttl = 1s; set beresp.grace = 0s;
        if (!beresp.http.Retry-After && beresp.status == 503) { set beresp.http.Retry-After = "1"; }
        return (deliver);
    }
    if (beresp.status == 404) { set beresp.ttl = 5s; set beresp.grace = 0s; return (deliver); }
    if (beresp.status >= 400) { set beresp.ttl = 1s; set beresp.grace = 0s; return (deliver); }
    # An old picture that nginx gave because nothing newer could be had: ask again soon.
    if (beresp.ttl < 1s) { set beresp.ttl = 1s; }
    # What belongs together is purged together: a template (in all its versions and variants), a tenant, a tenant's template.
    set beresp.http.xkey = regsub(bereq.url, "^/([^/?]+)/([^/?@]+?)(@[^/?.]*)?(/[^?]*)?(\.[a-z]+)?(\?.*)?$", "all tenant:\1 template:\2 tenant:\1,template:\2");
    return (deliver);
}

sub vcl_backend_error {
    # No answer at all. Once more, from another node.
    if (bereq.retries < 1) { return (retry); }
    if (bereq.is_bgfetch) { return (abandon); }
    set beresp.ttl = 1s;
    set beresp.grace = 0s;
    set beresp.http.Retry-After = "1";
    set beresp.http.Cache-Control = "no-store";
    set beresp.http.Content-Type = "application/json";
    set beresp.body = {"{ "error": { "code": "overloaded", "number": 705, "message": "no node answers" } }"};
    return (deliver);
}

sub vcl_synth {
    set resp.http.Content-Type = "text/plain";
    if (resp.status == 503) { set resp.http.Retry-After = "1"; }
    set resp.body = resp.reason;
    return (deliver);
}

sub vcl_deliver {
    # Its age since it was drawn, whichever cache it was in.
    if (resp.http.Date) { set resp.http.Age = std.integer(duration = now - std.time(resp.http.Date, now), fallback = 0); }
    # Who answered, and how, as X-Node says it of the node that drew it.
    if (obj.hits > 0) { set resp.http.X-Cache = server.identity + " HIT"; } else { set resp.http.X-Cache = server.identity + " MISS"; }
    unset resp.http.xkey;
    unset resp.http.Via;
    unset resp.http.X-Varnish;
    return (deliver);
}
