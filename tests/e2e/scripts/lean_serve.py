"""`stagedoor serve` with a command line as mitmdump's, so that tests of the one can run with the other."""

import argparse
import sys

from stagedoor.fronts.mitmproxy.lean_master import serve
from stagedoor.model.errors import StagedoorError

parser = argparse.ArgumentParser()
parser.add_argument("--mode")
parser.add_argument("--set", action="append", default=[])
parser.add_argument("-s", action="append", default=[], dest="scripts")
parser.add_argument("--listen-host")
parser.add_argument("--listen-port")
options = parser.parse_args()
settings = [*options.set, *(f"scripts={path}" for path in options.scripts)]
settings += [f"listen_host={options.listen_host}"] if options.listen_host else []
settings += [f"listen_port={options.listen_port}"] if options.listen_port else []
try:
    sys.exit(serve(settings, options.mode))
except StagedoorError as error:
    sys.exit(f"stagedoor serve: {error}")
