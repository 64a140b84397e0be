"""Prints medians of interleaved rounds as Markdown tables."""
import statistics


def number(value):
    """Three significant digits, no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cell(values, ours, more_is_better):
    """median [min..max], and how many times better triage is."""
    if not values:
        return "-"
    median = statistics.median(values)
    text = f"{number(median)} [{number(min(values))}..{number(max(values))}]"
    if ours and values is not ours:
        own = statistics.median(ours)
        text += f", x {number(own / median if more_is_better else median / own)}"
    return text


def print_table(title, rows, columns, more_is_better):
    """rows: titles; columns: name -> the list of values of each row; triage is the first column."""
    print(f"| {title} | " + " | ".join(columns) + " |")
    print("| --- |" + " --- |" * len(columns))
    ours = next(iter(columns.values()), None)
    for i, row in enumerate(rows):
        cells = [cell(values[i], ours[i], more_is_better[i]) for values in columns.values()]
        print(f"| {row} | " + " | ".join(cells) + " |")
    print(flush=True)
