vcl 4.1;
backend cms {
    .host = "cms";
    .port = "1337";
    .probe = { .url = "/_health"; .interval = 5s; }
}
sub vcl_recv { set req.backend_hint = cms; }
