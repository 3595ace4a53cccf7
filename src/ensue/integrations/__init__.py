"""Integrations: what the tasks of workflows call by the names that AWS has for it.

A definition written for Step Functions names services and actions
(``arn:aws:states:::dynamodb:updateItem``) and gives and takes what their APIs do. Here each of them
speaks for a kind of ours: the request's words are turned into a call of a resource, and its answer
into the words of the API. One module is one service; `directory` finds them.
"""

from __future__ import annotations

from ensue.integrations.directory import SERVICES, AwsIntegrations
from ensue.integrations.objects import BucketObjects
from ensue.integrations.service import Action, Service

__all__ = ["SERVICES", "Action", "AwsIntegrations", "BucketObjects", "Service"]
