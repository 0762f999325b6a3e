"""A small process that runs another one and writes down what that one used: run as a script.

``measuring.py REPORT COMMAND…``: the report has the exit status, seconds of processor time and the
peak of memory in bytes. A process begins with the peak of the one that starts it, so that one has
to be small: the test run is not.
"""

import json
import os
import sys

if __name__ == "__main__":
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, ended, used = os.wait4(child, 0)
    with open(sys.argv[1], "w", encoding="ascii") as report:
        seconds = used.ru_utime + used.ru_stime
        json.dump([os.waitstatus_to_exitcode(ended), seconds, used.ru_maxrss * 1024], report)
