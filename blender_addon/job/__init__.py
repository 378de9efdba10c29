# SPDX-License-Identifier: GPL-3.0-or-later
"""From the button to the result: what is asked for, the queue and the history of jobs, and how the running one goes."""
