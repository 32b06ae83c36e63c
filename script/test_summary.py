"""Adds up what ctest and GoogleTest wrote: test_summary.py RESULTS_DIRECTORY passed|failed|skipped

Prints the names of failed tests, then `N passed, N failed`; the exit code says whether any failed.
The second argument is the outcome of script/tidy, which counts as one test if it ran.

A GoogleTest program counts with each of its cases. One that failed without a failed case, because
it crashed or ran out of time, counts as one failure beside its cases.
"""

import pathlib
import sys
import xml.etree.ElementTree as xml


def cases_of(result_file):
    """(passed, names of failed) of one GoogleTest program, or None if it left no file."""
    try:
        root = xml.parse(result_file).getroot()
    except (OSError, xml.ParseError):
        return None
    passed, failed = 0, []
    for case in root.iter("testcase"):
        if case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
            continue
        if case.find("failure") is None:
            passed += 1
        else:
            failed.append(f"{case.get('classname')}.{case.get('name')}")
    return passed, failed


def main():
    results, tidy = pathlib.Path(sys.argv[1]), sys.argv[2]
    passed = 1 if tidy == "passed" else 0
    failed = ["script/tidy"] if tidy == "failed" else []
    for run in sorted(results.glob("*.xml")):
        preset = run.stem
        for test in xml.parse(run).getroot().iter("testcase"):
            name, ran_well = test.get("name"), test.get("status") == "run"
            if test.get("status") in ("notrun", "disabled"):
                failed.append(f"{preset}: {name} (did not run)")
                continue
            cases = cases_of(results.parent / preset / "test_results" / f"{name}.xml")
            if cases is None:
                passed += ran_well
            else:
                passed += cases[0]
                failed += [f"{preset}: {name}: {case}" for case in cases[1]]
            if not ran_well and not (cases and cases[1]):
                failed.append(f"{preset}: {name}")
    for name in failed:
        print("failed", name)
    print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
