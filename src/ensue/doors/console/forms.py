"""The fields of a form, as browsers send them."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from ensue.words.errors import InvalidInput, InvalidValue, TooLarge

FORM_BYTES_MAX = 1_048_576
FORM_FIELDS_MAX = 1_000


async def fields_of(request: Request) -> dict[str, str]:
    """A form's fields as they came; of a repeated one the values, joined by commas.

    Raises:
        TooLarge: there is more than `FORM_BYTES_MAX`.
        InvalidValue: it is no form.
        InvalidInput: only a part of it came.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > FORM_BYTES_MAX:
                raise TooLarge(f"expected a form of at most {FORM_BYTES_MAX} bytes")
    except ClientDisconnect:
        raise InvalidInput("expected a form, got a part of one") from None
    try:
        found = parse_qsl(
            body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX, errors="strict"
        )
    except ValueError:
        raise InvalidValue("expected the fields of a form", at="form") from None
    fields: dict[str, str] = {}
    for name, text in found:
        # Browsers send the lines of a text area with carriage returns.
        clean = text.replace("\r\n", "\n")
        fields[name] = f"{fields[name]},{clean}" if name in fields else clean
    return fields
