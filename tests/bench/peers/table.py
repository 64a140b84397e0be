"""Medians of interleaved rounds, as Markdown."""
import statistics


def number(value):
    """Three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cell(values, ours, more_is_better):
    """median [least..most], and how many times better ours is."""
    if not values:
        return "-"
    median = statistics.median(values)
    text = f"{number(median)} [{number(min(values))}..{number(max(values))}]"
    if ours and values is not ours:
        own = statistics.median(ours)
        text += f", x {number(own / median if more_is_better else median / own)}"
    return text


def print_table(title, rows, columns, more_is_better):
    """rows: titles; columns: name -> a list of values for each row; the first column is ours."""
    print(f"| {title} | " + " | ".join(columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    ours = next(iter(columns.values()), None)
    for i, row in enumerate(rows):
        cells = [cell(values[i], ours[i], more_is_better[i]) for values in columns.values()]
        print(f"| {row} | " + " | ".join(cells) + " |")
    print(flush=True)
