#!/usr/bin/env python3
"""Draw history.svg: one incident on a time line, and the answer of the shipped model after each event.

usage: history.py BUILD > history.svg      (BUILD holds the program `triage`)
"""
import json
import subprocess
import sys

HISTORY = [  # minute, event, severity
    (2.0, "deploy_started", "info"),
    (4.2, "deploy_finished", "info"),
    (6.5, "error_rate_high", "critical"),
    (9.0, "page_sent", "critical"),
    (12.0, "rollback_requested", "warning"),
]
ACTIONS = ["ignore", "escalate", "rollback"]
LEFT, RIGHT, TOP, BOTTOM, WIDTH, HEIGHT = 46, 620, 34, 176, 748, 236


def answers(build):
    """The probabilities after each event, by running every prefix of the history."""
    lines = ""
    for count in range(1, len(HISTORY) + 1):
        events = [
            {"event": name, "severity": severity, "service": "checkout",
             "time": "2026-11-22T10:%02d:%02dZ" % (minute, minute % 1 * 60)}
            for minute, name, severity in HISTORY[:count]
        ]
        lines += json.dumps({"events": events}) + "\n"
    out = subprocess.run([build + "/triage", "predict", "models/incident.safetensors", "-"],
                         input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line)["probabilities"] for line in out.decode().splitlines()]


def x_of(minute):
    return LEFT + (minute - 1) / 13 * (RIGHT - LEFT)


def y_of(probability):
    return BOTTOM - probability * (BOTTOM - TOP)


def draw(probabilities):
    print(f'''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="Five events of an incident on a time line and the probability of each action after each event">
<style>
text {{ font: 14px system-ui, sans-serif; fill: #24292f }}
.axis {{ stroke: #8c959f; stroke-width: 1 }}
.grid {{ stroke: #d0d7de; stroke-width: 1 }}
.small {{ font-size: 13px; fill: #57606a }}
.ignore {{ stroke: #6e7781; fill: #6e7781 }} .escalate {{ stroke: #bc4c00; fill: #bc4c00 }} .rollback {{ stroke: #0969da; fill: #0969da }}
path {{ fill: none !important; stroke-width: 2.5 }}
text.ignore, text.escalate, text.rollback {{ stroke: none; font-weight: 600 }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3 }} .small {{ fill: #9198a1 }} .grid {{ stroke: #30363d }} .axis {{ stroke: #6e7681 }}
.ignore {{ stroke: #9198a1; fill: #9198a1 }} .escalate {{ stroke: #f0883e; fill: #f0883e }} .rollback {{ stroke: #58a6ff; fill: #58a6ff }}
}}
</style>
<text x="{LEFT}" y="18">probability of each action after each event</text>''')
    for value in (0, 0.5, 1):
        print(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y_of(value):.1f}" y2="{y_of(value):.1f}"/>'
              f'<text class="small" x="{LEFT - 10}" y="{y_of(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for action in ACTIONS:
        path = ""
        for i, (minute, _, _) in enumerate(HISTORY):
            end = HISTORY[i + 1][0] if i + 1 < len(HISTORY) else 14
            y = y_of(probabilities[i][action])
            path += f'{"M" if i == 0 else "V"}{x_of(minute):.1f},{y:.1f}' if i == 0 else f"V{y:.1f}"
            path += f"H{x_of(end):.1f}"
        print(f'<path class="{action}" d="{path}"/>')
        for i, (minute, _, _) in enumerate(HISTORY):
            print(f'<circle class="{action}" cx="{x_of(minute):.1f}" cy="{y_of(probabilities[i][action]):.1f}" r="3.5"/>')
    last = sorted(ACTIONS, key=lambda action: -probabilities[-1][action])
    y = TOP
    for action in last:
        y = max(y_of(probabilities[-1][action]) + 4, y + 17 if action != last[0] else 0)
        y = min(y, BOTTOM + 4 - 17 * (len(last) - 1 - last.index(action)))
        print(f'<text class="{action}" x="{RIGHT + 10}" y="{y:.1f}">{action} {probabilities[-1][action]:.2f}</text>')
    print(f'<line class="axis" x1="{LEFT}" x2="{RIGHT}" y1="{BOTTOM}" y2="{BOTTOM}"/>')
    for i, (minute, name, _) in enumerate(HISTORY):
        x, low = x_of(minute), i % 2 == 1
        print(f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{BOTTOM}" y2="{BOTTOM + (32 if low else 8)}"/>'
              f'<text x="{x:.1f}" y="{BOTTOM + (47 if low else 23)}" text-anchor="middle">{name}'
              f'<tspan class="small"> 10:{int(minute):02d}</tspan></text>')
    print("</svg>")


draw(answers(sys.argv[1]))
