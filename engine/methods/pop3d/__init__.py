# SPDX-License-Identifier: GPL-3.0-or-later
"""The method All Round: POP3D (Ryu et al., SIGGRAPH Asia 2023), the whole object from one picture."""
