"""The guided path to a new sync: what it knows between its steps, what it proposes, and what it makes in the end.

The pages are in `syncconfig.admin.guided`; nothing here knows of requests, and nothing is stored before the last step.
"""
