// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A foreign contract that answers every call by reverting with bytes copied from somebody else's error.
contract Impostor {
    bytes private disguise;

    constructor(bytes memory disguise_) {
        disguise = disguise_;
    }

    fallback() external {
        bytes memory data = disguise;
        assembly ("memory-safe") {
            revert(add(data, 32), mload(data))
        }
    }
}
