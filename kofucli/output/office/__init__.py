"""The results of the counter's and the office's commands: desk, desk sheet, agents, reports.

An arrival five minutes before its hour, as ``desk arrive`` shows it::

    arrival_text(done, _)
        Y261126-0001-R  A-1  10:00-11:00  early, waits until 10:00
          横支更1  (extension, postcard)

    done_document(done, now)["timing"]
        "early"
"""
