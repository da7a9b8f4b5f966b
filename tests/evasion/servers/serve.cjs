// What Vercel's `serve` is made of, or express; NODE_PATH says where they are.
const [, , kind, port, root] = process.argv;
if (kind === "serve") {
  const handler = require("serve-handler");
  require("node:http").createServer((q, a) => handler(q, a, { public: root })).listen(port, "127.0.0.1");
} else {
  const express = require("express");
  express().use(express.static(root, { dotfiles: "allow" })).listen(port, "127.0.0.1");
}
