"""Reads secrets from Secrets Manager, in batches; each secret has its own error."""

from collections.abc import Collection, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import SecretStr

from ..model import Reason, ScanError
from .calls import part

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import SecretValueEntryTypeDef

BATCH = 20  # BatchGetSecretValue takes at most so many

# Errors of one secret. They must harm only the sensors that name it.
_REASONS = {
    "AccessDeniedException": (Reason.SECRET_DENIED, "may not be read; allowed are names that begin with SecretPrefix"),
    "DecryptionFailure": (Reason.SECRET_DENIED, "cannot be decrypted; the functions need kms:Decrypt for its key"),
    "InvalidParameterException": (Reason.SECRET_MISSING, "is no name or ARN of a secret"),
    "InvalidRequestException": (Reason.SECRET_MISSING, "has no value, or is marked for deletion"),
    "ResourceNotFoundException": (Reason.SECRET_MISSING, "does not exist"),
    "ValidationException": (Reason.SECRET_MISSING, "is no name or ARN of a secret"),
}


class Secrets:
    def __init__(self, client: "SecretsManagerClient") -> None:
        self._client = client

    def fetch(self, secret_ids: Collection[str]) -> Mapping[str, SecretStr | ScanError]:
        """Each secret's string, or the ScanError that its sensors report."""
        found: dict[str, SecretStr | ScanError] = {}
        remaining = iter(dict.fromkeys(secret_ids))
        while batch := list(islice(remaining, BATCH)):
            found |= self._batch(batch)
        return found

    def _batch(self, secret_ids: list[str]) -> dict[str, SecretStr | ScanError]:
        try:
            answer = self._client.batch_get_secret_value(SecretIdList=secret_ids)
            values = part(answer, "SecretValues")
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            if code in _REASONS and len(secret_ids) > 1:  # one bad secret fails the whole call: ask one by one
                return {key: held for one in secret_ids for key, held in self._batch([one]).items()}
            return {one: _trouble(one, code, str(error)) for one in secret_ids}
        failures = {failure["SecretId"]: failure for failure in answer.get("Errors", [])}
        found: dict[str, SecretStr | ScanError] = {}
        for one in secret_ids:
            value = next((value for value in values if _denotes(one, value)), None)
            if value is None:
                failure = failures.get(one, {})
                code = failure.get("ErrorCode", "ResourceNotFoundException")
                found[one] = _trouble(one, code, failure.get("Message", ""))
            elif (text := value.get("SecretString")) is None:
                found[one] = ScanError(Reason.SECRET_MALFORMED, f"the secret {one} is binary; it must be a text")
            else:
                found[one] = SecretStr(text)
        return found


def _denotes(secret_id: str, value: "SecretValueEntryTypeDef") -> bool:
    """An id may be the name, the ARN, or the ARN without the six random characters that Secrets Manager appends."""
    arn = value["ARN"]
    return secret_id in (value["Name"], arn, arn.rpartition("-")[0])


def _trouble(secret_id: str, code: str, message: str) -> ScanError:
    if code in _REASONS:
        reason, what = _REASONS[code]
        return ScanError(reason, f"the secret {secret_id} {what}")
    return ScanError(Reason.INTERNAL_ERROR, f"the secret {secret_id} could not be fetched: {message}")
