"""Whether what an SDK showed its program is what the fault table promises. The expectation is the table's own."""

# How the SDKs call an error answer. Any other status is the general class.
BY_STATUS = {
    400: "BadRequestError",
    401: "AuthenticationError",
    403: "PermissionDeniedError",
    404: "NotFoundError",
    409: "ConflictError",
    422: "UnprocessableEntityError",
    429: "RateLimitError",
}

LONGEST = 25  # seconds, the SDK's own retries and their pauses included


def problems(cases, told, counts):
    """Every promise that was not kept, in words."""
    told = {result["name"]: result for result in told}
    found = []
    for case in cases:
        result = told.get(case["name"])
        reasons = ["it was not asked"] if result is None else [reason for reason in judge(case, result, counts) if reason]
        found += [f"{case['title']}: {reason}; seen: {result}" for reason in reasons]
    return found


def judge(case, result, counts):
    yield from ENDS[case["ends"]["how"]](case, result)
    seen = counts.get(case["name"], {}).get("requests")
    if case["requests"] is not None and seen != case["requests"]:
        yield f"the upstream saw {seen} requests, not {case['requests']}"
    if result["seconds"] > LONGEST:
        yield f"it took {result['seconds']:.1f} s"


def left(case, result):
    """Who goes before the end: an upstream's stream is cancelled, a whole answer is taken, since it is billed."""
    for member in ("left", "answered"):
        if result.get(member) != case["ends"][member]:
            yield f"{member} is not {case['ends'][member]} at the upstream"


def whole(case, result):
    if "raised" in result:
        yield "it raised"
    elif result["text"] != case["ends"]["text"]:
        yield f"its text is not {case['ends']['text']!r}"


def error(case, result):
    ends = case["ends"]
    if "raised" not in result:
        yield "a fault ended as a success"
        return
    if not result["own"]:
        yield "the exception is not one of the SDK's own"
    if not result["message"]:
        yield "the exception says nothing"
    yield from words(ends["said"], result)
    if ends["how"] == "error":
        yield from answer(ends["status"], result)
        yield from wait(case, result)
    elif result["status"] is not None:
        yield "a stream that broke has a status"


def answer(status, result):
    if result["status"] != status:
        yield f"its status is not {status}"
    if not result["request_id"]:
        yield "it has no request id"
    kind = BY_STATUS.get(status, "InternalServerError" if status >= 500 else None)
    if kind is not None and kind not in result["kinds"]:
        yield f"it is no {kind}"


def wait(case, result):
    """How long the upstream asked to wait, as far as the gateway passes it on. Who is told what is left of it is told less."""
    said, less = case["ends"]["wait"], 2 if case["asked_before"] else 0
    # A target that is left alone is so for a second at least, whatever it said.
    if said is not None and not said - less <= float(result["wait"] or "-inf") <= max(said, 1):
        yield f"it was told to wait for {result['wait']} s, not {said}"


def words(said, result):
    for member in ("type", "code"):
        if member in said and result[member] != said[member]:
            yield f"its {member} is not {said[member]!r}"
    if said.get("message", "") not in result["message"]:
        yield f"its message does not say {said['message']!r}"


ENDS = {"whole": whole, "broken": error, "error": error, "left": left}
