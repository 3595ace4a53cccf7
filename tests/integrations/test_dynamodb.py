"""Tables by the API of DynamoDB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integrations.conftest import World

PUT, GET, UPDATE, DELETE = (
    "dynamodb:putItem",
    "dynamodb:getItem",
    "dynamodb:updateItem",
    "dynamodb:deleteItem",
)
KEY = {"customer": {"S": "349"}, "id": {"S": "o1"}}
ORDER = KEY | {"quantity": {"N": "7"}, "status": {"S": "PENDING"}}


def put(world: World, item: Any, **more: Any) -> Any:
    return world.do(PUT, {"TableName": "orders", "Item": item, **more})


def test_an_item_is_put_and_got_in_attribute_values(world: World) -> None:
    item = KEY | {
        "n": {"N": "1.50"},
        "big": {"N": "12345678901234567890"},
        "yes": {"BOOL": True},
        "none": {"NULL": True},
        "raw": {"B": "AP8="},
        "list": {"L": [{"S": "a"}, {"N": "2"}]},
        "map": {"M": {"deep": {"M": {"x": {"S": "y"}}}}},
        "ss": {"SS": ["b", "a"]},
        "ns": {"NS": ["2", "1"]},
    }

    put(world, item)
    got = world.do(GET, {"TableName": "orders", "Key": KEY})

    assert got["Item"] == item | {
        "n": {"N": "1.5"},
        "ss": {"SS": ["a", "b"]},
        "ns": {"NS": ["1", "2"]},
    }
    assert world.item("orders", ("349", "o1"))["raw"] == b"\x00\xff"


def test_the_answers_of_the_optimised_integration_have_metadata(world: World) -> None:
    got = world.do(GET, {"TableName": "orders", "Key": KEY}, key="k1")
    again = world.do(GET, {"TableName": "orders", "Key": KEY}, key="k1")

    http = got["SdkHttpMetadata"]
    assert "Item" not in got
    assert http["HttpStatusCode"] == 200
    assert http["AllHttpHeaders"]["Content-Type"] == ["application/x-amz-json-1.0"]
    assert http["HttpHeaders"]["x-amzn-RequestId"] == got["SdkResponseMetadata"]["RequestId"]
    assert http["HttpHeaders"]["x-amz-crc32"] == "2745614147"  # of {}, as DynamoDB answers it
    assert again["SdkResponseMetadata"] == got["SdkResponseMetadata"]


def test_the_answers_of_the_sdk_integration_have_none(world: World) -> None:
    put(world, ORDER)

    assert world.do("aws-sdk:dynamodb:getItem", {"TableName": "orders", "Key": KEY}) == {
        "Item": ORDER
    }


def test_wi_11_an_update_takes_from_the_stock_on_a_condition(world: World) -> None:
    put_stock = {"TableName": "stock", "Item": {"model": {"S": "LX"}, "quantity": {"N": "10"}}}
    world.do(PUT, put_stock)
    asked = {
        "TableName": "stock",
        "Key": {"model": {"S": "LX"}},
        "UpdateExpression": "SET #q = #q - :n",
        "ConditionExpression": "#q >= :n",
        "ExpressionAttributeNames": {"#q": "quantity"},
        "ExpressionAttributeValues": {":n": {"N": "7"}},
        "ReturnValues": "UPDATED_NEW",
    }

    assert world.do(UPDATE, asked)["Attributes"] == {"quantity": {"N": "3"}}
    fault = world.fault(UPDATE, asked)

    assert fault.error == "DynamoDB.ConditionalCheckFailedException"
    assert fault.cause is not None
    assert fault.cause.startswith(
        "The conditional request failed (Service: AmazonDynamoDBv2; Status Code: 400; Error Code:"
        " ConditionalCheckFailedException; Request ID: "
    )
    assert world.item("stock", "LX")["quantity"] == 3


def test_an_update_makes_the_item_that_is_not_there(world: World) -> None:
    world.do(
        UPDATE,
        {
            "TableName": "stock",
            "Key": {"model": {"S": "GT"}},
            "UpdateExpression": "ADD seen :one SET tags = :tags",
            "ExpressionAttributeValues": {":one": {"N": "1"}, ":tags": {"SS": ["new"]}},
        },
    )

    assert world.item("stock", "GT") == {"model": "GT", "seen": 1, "tags": {"new"}}


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        ("NONE", None),
        ("ALL_OLD", {"model": {"S": "LX"}, "a": {"N": "1"}, "b": {"S": "x"}}),
        ("ALL_NEW", {"model": {"S": "LX"}, "a": {"N": "2"}, "b": {"S": "x"}}),
        ("UPDATED_OLD", {"a": {"N": "1"}}),
        ("UPDATED_NEW", {"a": {"N": "2"}}),
    ],
)
def test_an_update_returns_the_values_that_are_asked_for(
    world: World, wanted: str, shown: Any
) -> None:
    item = {"model": {"S": "LX"}, "a": {"N": "1"}, "b": {"S": "x"}}
    world.do(PUT, {"TableName": "stock", "Item": item})

    answer = world.do(
        UPDATE,
        {
            "TableName": "stock",
            "Key": {"model": {"S": "LX"}},
            "UpdateExpression": "SET a = a + :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}},
            "ReturnValues": wanted,
        },
    )

    assert answer.get("Attributes") == shown


def test_a_put_that_must_be_the_first_is_refused_as_the_second(world: World) -> None:
    first = {"ConditionExpression": "attribute_not_exists(customer)"}
    put(world, ORDER, **first)

    fault = world.fault(PUT, {"TableName": "orders", "Item": ORDER, **first})

    assert fault.error == "DynamoDB.ConditionalCheckFailedException"


def test_what_is_overwritten_and_deleted_is_returned_when_asked_for(world: World) -> None:
    put(world, ORDER)

    over = put(world, KEY, ReturnValues="ALL_OLD")
    gone = world.do(DELETE, {"TableName": "orders", "Key": KEY, "ReturnValues": "ALL_OLD"})
    none = world.do(DELETE, {"TableName": "orders", "Key": KEY, "ReturnValues": "ALL_OLD"})

    assert over["Attributes"] == ORDER
    assert gone["Attributes"] == KEY
    assert "Attributes" not in none


def test_a_projection_shows_a_part_of_an_item(world: World) -> None:
    put(world, ORDER | {"address": {"M": {"city": {"S": "Rome"}, "zip": {"S": "1"}}}})

    got = world.do(
        GET,
        {
            "TableName": "orders",
            "Key": KEY,
            "ProjectionExpression": "#s, address.city",
            "ExpressionAttributeNames": {"#s": "status"},
        },
    )

    assert got["Item"] == {"status": {"S": "PENDING"}, "address": {"M": {"city": {"S": "Rome"}}}}


@pytest.mark.parametrize(
    ("resource", "arguments", "error", "said"),
    [
        (
            PUT,
            {"TableName": "no_such_table", "Item": None},
            "DynamoDB.AmazonDynamoDBException",
            (
                "1 validation error detected: Value null at 'item' failed to satisfy constraint:"
                " Member must not be null (Service: AmazonDynamoDBv2; Status Code: 400; Error Code:"
                " ValidationException; Request ID: "
            ),
        ),
        (
            PUT,
            {"TableName": "/invalid", "Item": ORDER},
            "DynamoDB.AmazonDynamoDBException",
            (
                "1 validation error detected: Value '/invalid' at 'tableName' failed to satisfy"
                " constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+ ("
            ),
        ),
        (
            GET,
            {"TableName": "nowhere", "Key": KEY},
            "DynamoDB.ResourceNotFoundException",
            "Requested resource not found (Service: AmazonDynamoDBv2;",
        ),
        (
            "aws-sdk:dynamodb:getItem",
            {"TableName": "nowhere", "Key": KEY},
            "DynamoDb.ResourceNotFoundException",
            "Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: ",
        ),
        (
            GET,
            {"TableName": "orders", "Key": {"customer": {"S": "1"}}},
            "DynamoDB.AmazonDynamoDBException",
            "The provided key element does not match the schema",
        ),
        (
            PUT,
            {"TableName": "orders", "Item": {"customer": {"S": "1"}}},
            "DynamoDB.AmazonDynamoDBException",
            "One or more parameter values were invalid: Missing the key id in the item",
        ),
        (
            PUT,
            {"TableName": "orders", "Item": KEY | {"n": {"N": "seven"}}},
            "DynamoDB.AmazonDynamoDBException",
            "The parameter cannot be converted to a numeric value: seven",
        ),
        (
            PUT,
            {"TableName": "orders", "Item": KEY | {"n": {"N": 7}}},
            "States.Runtime",
            (
                "The Parameters could not be used to start the Task: [The value for the field 'N'"
                " must be a STRING]"
            ),
        ),
        (
            UPDATE,
            {
                "TableName": "orders",
                "Key": KEY,
                "UpdateExpression": "SET id = :x",
                "ExpressionAttributeValues": {":x": {"S": "o2"}},
            },
            "DynamoDB.AmazonDynamoDBException",
            "One or more parameter values were invalid: Cannot update attribute id",
        ),
        (
            UPDATE,
            {"TableName": "orders", "Key": KEY, "UpdateExpression": "SET quantity ="},
            "DynamoDB.AmazonDynamoDBException",
            "Invalid UpdateExpression: ",
        ),
        (
            GET,
            {"TableName": "orders", "Key": KEY, "Ky": 1},
            "States.Runtime",
            "The Parameters '",
        ),
    ],
)
def test_each_refusal_has_the_name_that_dynamodb_has_for_it(
    world: World, resource: str, arguments: Any, error: str, said: str
) -> None:
    fault = world.fault(resource, arguments)

    assert fault.error == error
    assert fault.cause is not None
    assert fault.cause.startswith(said)


def test_what_an_expression_does_not_use_is_refused(world: World) -> None:
    fault = world.fault(
        UPDATE,
        {
            "TableName": "orders",
            "Key": KEY,
            "UpdateExpression": "SET quantity = :n",
            "ExpressionAttributeValues": {":n": {"N": "1"}, ":other": {"N": "2"}},
        },
    )

    assert fault.error == "DynamoDB.AmazonDynamoDBException"
    assert ":other" in str(fault.cause)


def test_a_table_is_known_by_its_letters_and_digits_and_by_its_arn(world: World) -> None:
    put(world, ORDER)

    for name in ("Orders", "ORDERS", "arn:aws:dynamodb:us-east-1:123456789012:table/orders"):
        assert world.do(GET, {"TableName": name, "Key": KEY})["Item"] == ORDER


def test_a_query_gives_pages_of_a_partition(world: World) -> None:
    for number in range(5):
        put(world, {"customer": {"S": "1"}, "id": {"S": f"o{number}"}, "n": {"N": str(number)}})
    asked: dict[str, Any] = {
        "TableName": "orders",
        "KeyConditionExpression": "customer = :c AND begins_with(id, :o)",
        "FilterExpression": "n <> :two",
        "ExpressionAttributeValues": {
            ":c": {"S": "1"},
            ":o": {"S": "o"},
            ":two": {"N": "2"},
        },
        "Limit": 3,
    }

    first = world.do("aws-sdk:dynamodb:query", asked)
    rest = world.do(
        "aws-sdk:dynamodb:query", asked | {"ExclusiveStartKey": first["LastEvaluatedKey"]}
    )

    assert [each["n"]["N"] for each in first["Items"]] == ["0", "1"]
    assert (first["Count"], first["ScannedCount"]) == (2, 3)
    assert first["LastEvaluatedKey"] == {"customer": {"S": "1"}, "id": {"S": "o2"}}
    assert [each["n"]["N"] for each in rest["Items"]] == ["3", "4"]
    assert "LastEvaluatedKey" not in rest


def test_a_query_of_an_index_goes_on_behind_its_last_key(world: World) -> None:
    for number in range(4):
        item = {"customer": {"S": f"c{number}"}, "id": {"S": f"o{number}"}, "status": {"S": "NEW"}}
        put(world, item)
    asked: dict[str, Any] = {
        "TableName": "orders",
        "IndexName": "by-status",
        "KeyConditionExpression": "#s = :s",
        "ExpressionAttributeNames": {"#s": "status"},
        "ExpressionAttributeValues": {":s": {"S": "NEW"}},
        "ScanIndexForward": False,
        "Limit": 3,
    }

    first = world.do("aws-sdk:dynamodb:query", asked)
    rest = world.do(
        "aws-sdk:dynamodb:query", asked | {"ExclusiveStartKey": first["LastEvaluatedKey"]}
    )

    ids = [each["id"]["S"] for each in (*first["Items"], *rest["Items"])]
    assert ids == ["o3", "o2", "o1", "o0"]
    assert set(first["LastEvaluatedKey"]) == {"status", "id", "customer"}


def test_a_scan_counts_and_goes_on(world: World) -> None:
    for number in range(3):
        put(world, {"customer": {"S": str(number)}, "id": {"S": "o"}})

    first = world.do("aws-sdk:dynamodb:scan", {"TableName": "orders", "Limit": 2})
    rest = world.do(
        "aws-sdk:dynamodb:scan",
        {
            "TableName": "orders",
            "ExclusiveStartKey": first["LastEvaluatedKey"],
            "Select": "COUNT",
        },
    )

    assert len(first["Items"]) == 2
    assert rest == {"Count": 1, "ScannedCount": 1}


def test_a_transaction_writes_all_or_nothing_and_says_why(world: World) -> None:
    put(world, ORDER)
    items = [
        {"Put": {"TableName": "stock", "Item": {"model": {"S": "LX"}, "n": {"N": "1"}}}},
        {
            "Update": {
                "TableName": "orders",
                "Key": KEY,
                "UpdateExpression": "SET #s = :paid",
                "ConditionExpression": "#s = :new",
                "ExpressionAttributeNames": {"#s": "status"},
                "ExpressionAttributeValues": {":paid": {"S": "PAID"}, ":new": {"S": "NEW"}},
            }
        },
    ]

    fault = world.fault("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": items})

    assert fault.error == "DynamoDb.TransactionCanceledException"
    assert "specific reasons [None, ConditionalCheckFailed] (Service" in str(fault.cause)
    assert world.item("stock", "LX") is None
    assert world.item("orders", ("349", "o1"))["status"] == "PENDING"


def test_a_transaction_is_about_each_item_once(world: World) -> None:
    part = {"Delete": {"TableName": "orders", "Key": KEY}}

    fault = world.fault("aws-sdk:dynamodb:transactWriteItems", {"TransactItems": [part, part]})

    assert fault.error == "DynamoDb.DynamoDbException"
    assert "multiple operations on one item" in str(fault.cause)


def test_batches_write_and_get_many_items(world: World) -> None:
    written = world.do(
        "aws-sdk:dynamodb:batchWriteItem",
        {
            "RequestItems": {
                "orders": [
                    {"PutRequest": {"Item": ORDER}},
                    {"DeleteRequest": {"Key": KEY | {"id": {"S": "x"}}}},
                ],
                "stock": [{"PutRequest": {"Item": {"model": {"S": "LX"}}}}],
            }
        },
    )
    got = world.do(
        "aws-sdk:dynamodb:batchGetItem",
        {"RequestItems": {"orders": {"Keys": [KEY]}, "stock": {"Keys": [{"model": {"S": "GT"}}]}}},
    )

    assert written == {"UnprocessedItems": {}}
    assert got == {"Responses": {"orders": [ORDER], "stock": []}, "UnprocessedKeys": {}}
