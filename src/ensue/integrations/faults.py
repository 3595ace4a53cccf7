"""What a service refuses, and how Step Functions tells it to a state: an error name and a cause.

Step Functions words the errors of its optimised integrations as the first Java SDK did, and those
of its SDK integrations as the second does; a definition's retriers and catchers name them so:

    optimised   DynamoDB.ConditionalCheckFailedException
                ... (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ...; Request ID: ...)
    SDK         DynamoDb.ConditionalCheckFailedException
                ... (Service: DynamoDb, Status Code: 400, Request ID: ...) (SDK Attempt Count: 1)

An error that a service has no class of its own for is of the service's own class then:
``DynamoDB.AmazonDynamoDBException`` and ``DynamoDb.DynamoDbException``.
"""

from __future__ import annotations

from dataclasses import dataclass

from ensue.languages.states.errors import StateError

BAD_REQUEST, NOT_FOUND = 400, 404
SUFFIX = "Exception"


class Fault(Exception):
    """A service refuses a request.

    Args:
        code: the service's error code, such as ``ConditionalCheckFailedException``.
        message: what is wrong, in the service's words.
        status: the HTTP status that it would come with.
        is_modelled: whether the service has a class of its own for it.
        wire: the code on the wire, where it is another one than the class is named for.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        status: int = BAD_REQUEST,
        is_modelled: bool = True,
        wire: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.is_modelled = is_modelled
        self.wire = wire or code


def invalid(message: str, *, code: str = "ValidationException") -> Fault:
    """A request that does not fit, for which services have no class of their own."""
    return Fault(code, message, is_modelled=False)


@dataclass(frozen=True, slots=True)
class Wording:
    """How the errors of a service are worded by one of the two kinds of integration.

    Attributes:
        prefix: what its error names begin with: ``DynamoDB`` or ``DynamoDb``.
        service: what the service is called in causes.
        own: the class of the errors that have none of their own.
        is_optimised: whether it is the wording of an optimised integration.
        has_host: whether the service gives a second request id: S3 does.
    """

    prefix: str
    service: str
    own: str
    is_optimised: bool = False
    has_host: bool = False

    def said(self, fault: Fault, request_id: str) -> StateError:
        """A fault as the state that asked gets it."""
        name = fault.code if fault.is_modelled else self.own
        name = name if name.endswith(SUFFIX) else f"{name}{SUFFIX}"
        return StateError(
            f"{self.prefix}.{name}", f"{fault.message} {self._where(fault, request_id)}"
        )

    def _where(self, fault: Fault, request_id: str) -> str:
        if self.is_optimised:
            return (
                f"(Service: {self.service}; Status Code: {fault.status}; Error Code: {fault.wire};"
                f" Request ID: {request_id}; Proxy: null)"
            )
        said = f"Service: {self.service}, Status Code: {fault.status}, Request ID: {request_id}"
        if self.has_host:
            return f"({said}, Extended Request ID: {request_id})"
        return f"({said}) (SDK Attempt Count: 1)"
