"""DynamoDB: tables of ours, by the API of DynamoDB."""

from __future__ import annotations

from typing import Final

from ensue.integrations.answers import Wire
from ensue.integrations.dynamodb import items, queries, transactions
from ensue.integrations.faults import Wording
from ensue.integrations.service import Action, Service
from ensue.languages.states.resource_names import REQUEST_RESPONSE

_ITEMS = (
    Action("getItem", items.GET, items.get_item),
    Action("putItem", items.PUT, items.put_item),
    Action("updateItem", items.UPDATE, items.update_item),
    Action("deleteItem", items.DELETE, items.delete_item),
)
_MORE = (
    Action("query", queries.QUERY, queries.query),
    Action("scan", queries.SCAN, queries.scan),
    Action("batchGetItem", transactions.BATCH, transactions.batch_get_item),
    Action("batchWriteItem", transactions.BATCH, transactions.batch_write_item),
    Action("transactGetItems", transactions.TRANSACT_GET, transactions.transact_get_items),
    Action("transactWriteItems", transactions.TRANSACT_WRITE, transactions.transact_write_items),
)

SERVICES: Final = (
    Service(
        "dynamodb",
        "table",
        {each.name: each for each in _ITEMS},
        Wording("DynamoDB", "AmazonDynamoDBv2", "AmazonDynamoDBException", is_optimised=True),
        Wire(
            "application/x-amz-json-1.0",
            connection="Connection",
            before=(("Server", "Server"),),
            has_checksum=True,
        ),
        addressed="TableName",
        lacking="the parameters of the API before expressions",
        modes=(REQUEST_RESPONSE,),
    ),
    Service(
        "aws-sdk:dynamodb",
        "table",
        {each.name: each for each in (*_ITEMS, *_MORE)},
        Wording("DynamoDb", "DynamoDb", "DynamoDbException"),
        addressed="TableName",
        lacking="PartiQL, and making or describing tables: an app declares them",
    ),
)
